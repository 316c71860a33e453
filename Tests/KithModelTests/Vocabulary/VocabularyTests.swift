import Foundation
import Testing

@testable import KithModel

@Suite struct VocabularyTests {
    @Test func `numbers and names are each used once`() {
        #expect(Set(Vocabulary.kinds.map(\.number)).count == Vocabulary.kinds.count)
        #expect(Set(Vocabulary.kinds.map(\.name)).count == Vocabulary.kinds.count)
        #expect(Set(Vocabulary.kinds.map(\.plural)).count == Vocabulary.kinds.count)
        for kind in Vocabulary.kinds {
            for fields in [kind.fields] + kind.fields.map(\.members) {
                #expect(Set(fields.map(\.number)).count == fields.count, "\(kind.name)")
                #expect(Set(fields.map(\.name)).count == fields.count, "\(kind.name)")
            }
        }
    }

    @Test func `what a kind names exists`() {
        for kind in Vocabulary.kinds {
            let names = Set(kind.fields.map(\.name))
            #expect(names.isSuperset(of: kind.title), "\(kind.name)")
            #expect(names.isSuperset(of: kind.columns), "\(kind.name)")
            #expect(kind.responsible.map(names.contains) ?? true, "\(kind.name)")
            #expect(kind.parents.allSatisfy { Vocabulary.kind(named: $0) != nil }, "\(kind.name)")
            #expect(!kind.isSingleton || kind.parents.count == 1, "\(kind.name)")
            for field in kind.fields + kind.fields.flatMap(\.members) {
                if case .reference(let kinds) = field.type {
                    #expect(
                        !kinds.isEmpty && kinds.allSatisfy { Vocabulary.kind(named: $0) != nil })
                }
                if let until = field.due?.until { #expect(names.contains(until)) }
                let sum = field.sumRule.map { $0.of + [$0.limit] } ?? []
                #expect(Set(field.members.map(\.name)).isSuperset(of: sum))
            }
        }
    }

    @Test func `what closes a record is a field of it, and its codes are of the field's set`() {
        for kind in Vocabulary.kinds {
            guard let closing = kind.closing else { continue }
            var field = kind.field(named: closing.field)
            if let member = closing.member {
                field = field?.members.first { $0.name == member }
            }
            #expect(field != nil, "\(kind.name)")
            guard let codes = closing.codes else { continue }
            guard case .code(let set)? = field?.type else {
                Issue.record("\(kind.name).\(closing.field) is not coded")
                continue
            }
            #expect(Set(set.concepts.map(\.code)).isSuperset(of: codes), "\(kind.name)")
        }
    }

    @Test func `decisions, allergies and escalation are safety-critical`() {
        for kind in Vocabulary.kinds where kind.isDecision {
            let own = kind.fields.filter { $0.number >= 10 }
            #expect(own.allSatisfy { $0.policy == .safetyCritical }, "\(kind.name)")
            #expect(kind.field(named: "archived")?.policy == .safetyCritical, "\(kind.name)")
        }
        let critical = [
            ("allergy", "agent"), ("allergy", "severity"), ("allergyAssertion", "assertion"),
            ("contingency", "whatShouldHappen"), ("medication", "dosage"),
            ("baseline", "oxygenScale"), ("resident", "nhsNumber"), ("resident", "dateOfBirth"),
            ("contact", "escalationPhone"), ("samePerson", "verdict"), ("alert", "text"),
            ("lpa", "power"), ("safeguardingConcern", "concern"), ("preferredPlace", "death"),
        ]
        for (kind, field) in critical {
            let found = Vocabulary.kind(named: kind)?.field(named: field)
            #expect(found?.policy == .safetyCritical, "\(kind).\(field)")
        }
    }

    @Test func `nothing clinical is where a housing association reads`() {
        let open = Vocabulary.kinds.filter { $0.compartment <= .personal }.map(\.name)
        for clinical in ["allergy", "plan", "cprDecision", "medication", "note", "outcome"] {
            #expect(!open.contains(clinical))
        }
        let restricted = Vocabulary.kinds.filter { $0.compartment == .restricted }.map(\.name)
        #expect(restricted.contains("safeguardingConcern"))
    }

    @Test func `every code set says where it comes from, and its words are typed once`() {
        for (name, set) in CodeSet.all {
            #expect(!set.source.isEmpty && !set.version.isEmpty && !set.system.isEmpty, "\(name)")
            #expect(Set(set.concepts.map(\.code)).count == set.concepts.count, "\(name)")
            #expect(Set(set.concepts.map(\.word)).count == set.concepts.count, "\(name)")
            #expect(set.isOpen || !set.concepts.isEmpty, "\(name)")
        }
    }
}
