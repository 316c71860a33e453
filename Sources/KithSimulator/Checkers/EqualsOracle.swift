import Foundation
import KithModel
import KithProtocol
import KithStore

/// What a site holds to stand is what the rule gives on the plain set of its entries.
final class EqualsOracle: Checker {
    private struct Key: Hashable {
        let id: CompartmentID
        let frontier: Data
        let membership: Data
        let erased: Set<PartID>
    }

    private unowned let simulation: Simulation
    private var compared: Set<Key> = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func touched(_ fields: [TouchedField]) throws {
        for field in fields {
            let wrong = field.operations.first {
                $0.stands == $0.isMarkedSuperseded || $0.isEffective != $0.isMarkedEffective
            }
            guard wrong != nil || !field.missing.isEmpty || field.surplus > 0 else { continue }
            let (site, compartment) = (field.installation.name, field.name.compartment.name)
            guard let wrong else {
                throw violation(
                    "\(site) differs from the rule in a field of \(compartment): lacks \(Self.words(field.missing)), has \(field.surplus) besides"
                )
            }
            throw violation(
                "at \(site) \(wrong.id.entry.short)/\(wrong.id.index) in \(compartment) \(wrong.isMarkedSuperseded ? "does not stand" : "stands") and \(wrong.isMarkedEffective ? "counts" : "does not count"); by the rule it \(wrong.stands ? "stands" : "does not stand") and \(wrong.isEffective ? "counts" : "does not count")"
            )
        }
    }

    func surveyed() throws {
        for standing in simulation.survey.changed
        where standing.unread == 0 && standing.id.compartment != .membership {
            // Where all hold the same, one comparison is enough: Convergence says the rest.
            let key = Key(
                id: standing.id, frontier: standing.frontier, membership: standing.membership,
                erased: standing.erased)
            guard
                try simulation.read(
                    at: standing.installation, { try $0.wasEverHandedKeys(to: standing.id) }),
                compared.insert(key).inserted,
                let graph = simulation.chronicle.graphs[standing.id.partnership]
            else { continue }
            let held = simulation.chronicle.held(standing.id, at: standing.installation)
            let oracle = try Oracle(
                graph, standing.id.compartment, held: held, erased: standing.erased)
            guard oracle.digest == standing.state else {
                let here = Set(standing.live)
                let missing = oracle.standing.subtracting(here).sorted()
                let surplus = here.subtracting(oracle.standing).sorted()
                throw violation(
                    "\(standing.installation.name) differs from the rule in \(standing.id.compartment.name) of \(standing.id.partnership.short): lacks \(Self.words(missing)), has besides \(Self.words(surplus))"
                )
            }
        }
    }

    private static func words(_ operations: [OperationID]) -> String {
        operations.isEmpty
            ? "nothing"
            : operations.prefix(4).map { "\($0.entry.short)/\($0.index)" }.joined(separator: " ")
    }
}
