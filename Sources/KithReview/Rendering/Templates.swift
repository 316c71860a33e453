import Foundation
import KithSite
import Mustache

/// What a template is given: values by name. Every name that a template asks for is there, since one
/// that is missing would be looked for further out.
typealias Node = [String: Any]

/// The page templates, built into the program.
enum Templates {
    /// Renders a page inside the layout, with what every page has.
    static func page(_ name: String, _ node: Node) -> String {
        render(name, node.merging(["template": name]) { $1 })
    }

    /// Renders a template by itself.
    static func render(_ name: String, _ node: Node) -> String {
        guard let text = library.render(BoundNode(node), withTemplate: name) else {
            preconditionFailure("there is no template \(name)")
        }
        return text
    }

    /// The templates by name, as they are in the folder.
    static let sources: [(name: String, bytes: [UInt8])] = [
        ("account", PackageResources.account_mustache),
        ("adding", PackageResources.adding_mustache),
        ("audit", PackageResources.audit_mustache),
        ("candidate", PackageResources.candidate_mustache),
        ("changes", PackageResources.changes_mustache),
        ("conflict", PackageResources.conflict_mustache),
        ("conflictrow", PackageResources.conflictrow_mustache),
        ("conflicts", PackageResources.conflicts_mustache),
        ("contacts", PackageResources.contacts_mustache),
        ("currency", PackageResources.currency_mustache),
        ("edit", PackageResources.edit_mustache),
        ("emergencies", PackageResources.emergencies_mustache),
        ("field", PackageResources.field_mustache),
        ("glass", PackageResources.glass_mustache),
        ("identity", PackageResources.identity_mustache),
        ("input", PackageResources.input_mustache),
        ("inputs", PackageResources.inputs_mustache),
        ("kept", PackageResources.kept_mustache),
        ("layout", PackageResources.layout_mustache),
        ("partnership", PackageResources.partnership_mustache),
        ("pictures", PackageResources.pictures_mustache),
        ("print", PackageResources.print_mustache),
        ("problem", PackageResources.problem_mustache),
        ("record", PackageResources.record_mustache),
        ("record_card", PackageResources.record_card_mustache),
        ("recordbody", PackageResources.recordbody_mustache),
        ("resident", PackageResources.resident_mustache),
        ("residents", PackageResources.residents_mustache),
        ("round", PackageResources.round_mustache),
        ("section", PackageResources.section_mustache),
        ("several", PackageResources.several_mustache),
        ("signin", PackageResources.signin_mustache),
        ("today", PackageResources.today_mustache),
        ("undo", PackageResources.undo_mustache),
        ("users", PackageResources.users_mustache),
        ("ways", PackageResources.ways_mustache),
    ]

    private static let library: MustacheLibrary = {
        MustacheContentTypes.register(PageText(), named: PageText.name)
        var library = MustacheLibrary()
        for (name, bytes) in sources {
            do {
                // A template that is part of another begins with the library's own escaping again.
                let text = String(decoding: bytes, as: UTF8.self)
                try library.register(
                    "{{% CONTENT_TYPE: \(PageText.name)}}\n\(text)", named: name)
            } catch {
                preconditionFailure("the template \(name) does not parse: \(error)")
            }
        }
        return library
    }()
}
