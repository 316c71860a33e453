import KithModel
import KithSite

/// One resource of a file.
struct FHIRResource {
    /// Its place among the resources of the file.
    let position: Int
    let type: FHIRText
    let id: FHIRText?
    let element: FHIRElement
    /// The entry's own name for it; nil outside a bundle.
    let fullURL: FHIRText?
    /// The position of the resource that contains it; nil for one that stands by itself.
    let container: Int?
    /// The record that it becomes; nil for a type without a place in the vocabulary.
    let source: ImportRecord.Source?

    /// How references and messages name it.
    var name: String { "\(type.text)/\(id?.text ?? "?")" }
}

/// Every resource of a file, with the names by which they refer to each other.
///
/// Names are keyed by their bytes: Swift's string keys would take two names for one.
struct FHIRResources {
    private typealias Key = [UInt8]

    /// In the order of the file; a contained resource follows its container.
    private(set) var all: [FHIRResource] = []
    private var byURL: [Key: Int] = [:]
    private var byName: [Key: Int] = [:]
    private var bySource: [ImportRecord.Source: Int] = [:]

    /// The kinds of record that resources become.
    static let kinds = [
        "Patient": "resident", "RelatedPerson": "personalContact", "CarePlan": "plan",
        "Goal": "goal", "AllergyIntolerance": "allergy", "Practitioner": "contact",
        "Organization": "organisation", "Condition": "condition",
        "MedicationRequest": "medication", "MedicationStatement": "medication",
        "Encounter": "hospitalContact", "ServiceRequest": "referral", "Flag": "alert",
        "EpisodeOfCare": "carePackage",
    ]

    /// Types that are records of their own only where they stand by themselves: contained in
    /// another resource they give it their words.
    private static let words: Set<String> = [
        "Condition", "MedicationRequest", "MedicationStatement", "Encounter", "ServiceRequest",
        "Flag", "EpisodeOfCare",
    ]

    /// Takes the resources of a bundle, or a single one.
    init(_ root: JSONNode) throws {
        guard case .object = root.value else {
            throw FHIRFault(
                offset: root.range.lowerBound, message: "expected FHIR, found \(root.kind)")
        }
        let element = try FHIRElement(root)
        guard try Self.type(of: element).is("Bundle") else {
            try add(element, fullURL: nil, container: nil)
            return
        }
        let type = try element.required("type", element.text("type"))
        guard Self.bundleTypes.contains(where: type.is) else {
            throw type.fault(
                "expected one of \(Self.bundleTypes.joined(separator: ", ")), found "
                    + JSONPlace.quoted(type.text))
        }
        for entry in try element.elements("entry") {
            guard let resource = try entry.element("resource") else {
                if entry.has("response") { continue }
                throw entry.fault("expected the element resource; a deletion cannot be imported")
            }
            try add(resource, fullURL: try entry.text("fullUrl"), container: nil)
        }
    }

    // A history is not among them: it holds old versions beside the current one.
    private static let bundleTypes = [
        "collection", "document", "message", "searchset", "transaction", "transaction-response",
        "batch", "batch-response",
    ]

    /// The resource that a Reference means; nil when it is not in the file.
    func resolve(_ reference: FHIRElement, in resource: FHIRResource) throws -> Int? {
        if let text = try reference.text("reference") {
            return position(of: text.text, in: resource)
        }
        guard let identifier = try reference.element("identifier"),
            try identifier.text("system")?.is(NHSNumber.system) == true,
            let number = try identifier.text("value").flatMap({ NHSNumber($0.text) })
        else { return nil }
        return bySource[Self.resident(number)]
    }

    private func position(of reference: String, in resource: FHIRResource) -> Int? {
        if reference.utf8.first == UInt8(ascii: "#") {
            let container = resource.container ?? resource.position
            if reference.utf8.count == 1 { return container }
            return all.firstIndex {
                $0.container == container && $0.id?.is(String(reference.dropFirst())) == true
            }
        }
        let bare = reference.range(before: "/_history/")
        if let match = byURL[Self.key(url: bare)] { return match }
        let segments = bare.split(separator: "/")
        guard segments.count >= 2 else { return nil }
        let name = segments.suffix(2).joined(separator: "/")
        guard let match = byName[Key(name.utf8)] else { return nil }
        if segments.count == 2 { return match }
        // An absolute URL names a resource of one server: another server's is not it.
        guard let url = all[match].fullURL, !url.text.lowercased().hasPrefix("urn:uuid:") else {
            return match
        }
        return nil
    }

    private mutating func add(
        _ element: FHIRElement, fullURL: FHIRText?, container: Int?
    ) throws {
        let type = try Self.type(of: element)
        let id = try element.text("id")
        if let id, !Self.isID(id.text) {
            throw id.fault("expected an id of 1 to 64 letters, digits, hyphens and dots")
        }
        let position = all.count
        let kind = try Self.kind(of: element, type: type, isContained: container != nil)
        var source: ImportRecord.Source?
        let isRole = type.is("PractitionerRole")
        if kind != nil || isRole { try Self.refuseUnknownRules(element) }
        if let kind {
            source = try self.source(
                kind: kind, type: type, id: id, element, fullURL: fullURL, container: container)
        }
        all.append(
            FHIRResource(
                position: position, type: type, id: id, element: element, fullURL: fullURL,
                container: container,
                source: source))
        if let source {
            if bySource[source] == nil {
                bySource[source] = position
            } else if try !Self.isUndecided(element) {
                throw element.fault(
                    "expected each resource once, found a second one of the same identity")
            }
        }
        if container == nil {
            if let id,
                byName.updateValue(position, forKey: Key("\(type.text)/\(id.text)".utf8)) != nil
            {
                throw id.fault("expected each resource once, found \(type.text)/\(id.text) again")
            }
            if let fullURL, byURL.updateValue(position, forKey: Self.key(url: fullURL.text)) != nil
            {
                throw fullURL.fault("expected each fullUrl once")
            }
            guard kind != nil || isRole else { return }
            for contained in try element.elements("contained") {
                try add(contained, fullURL: nil, container: position)
            }
        }
    }

    private func source(
        kind: String, type: FHIRText, id: FHIRText?, _ element: FHIRElement, fullURL: FHIRText?,
        container: Int?
    ) throws -> ImportRecord.Source {
        if let named = try element.extensions(KithFHIR.source).first {
            let text = try named.required("valueString", named.text("valueString"))
            return ImportRecord.Source(kind: kind, identity: try FHIRDraft.line(text))
        }
        if kind == "resident", let number = try element.nhsNumber() { return Self.resident(number) }
        if let container {
            let id = try element.required("id", id)
            let outer = all[container].source?.identity ?? "fhir:\(all[container].name)"
            return ImportRecord.Source(kind: kind, identity: "\(outer)#\(id.text)")
        }
        if let id {
            return ImportRecord.Source(kind: kind, identity: "fhir:\(type.text)/\(id.text)")
        }
        // New resources of a transaction have no id yet, only the entry's name.
        guard let url = fullURL?.text.lowercased(), url.hasPrefix("urn:uuid:"),
            Self.isID(String(url.dropFirst(9)))
        else { throw element.fault("expected the element id") }
        return ImportRecord.Source(kind: kind, identity: "fhir:\(type.text)/\(url.dropFirst(9))")
    }

    /// The kind that our own profile names, else the one that the type stands for.
    private static func kind(
        of element: FHIRElement, type: FHIRText, isContained: Bool
    ) throws -> String? {
        if let profile = try element.element("meta")?.texts("profile").first,
            let kind = KithFHIR.kind(ofProfile: profile.text)
        {
            return kind.name
        }
        return isContained && words.contains(type.text) ? nil : kinds[type.text]
    }

    /// Whether a resource is marked as one of several that stand for one record.
    static func isUndecided(_ element: FHIRElement) throws -> Bool {
        for tag in try element.element("meta")?.elements("tag") ?? []
        where try tag.text("system")?.is(KithFHIR.tags) == true
            && tag.text("code")?.is("undecided") == true
        {
            return true
        }
        return false
    }

    private static func resident(_ number: NHSNumber) -> ImportRecord.Source {
        ImportRecord.Source(kind: "resident", identity: "\(NHSNumber.system)|\(number.digits)")
    }

    private static func type(of element: FHIRElement) throws -> FHIRText {
        guard let type = try element.text("resourceType") else {
            throw element.fault("expected FHIR: an object with the element resourceType")
        }
        let letters = type.text.utf8
        guard letters.count <= 64, let first = letters.first,
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first), isID(type.text)
        else {
            throw type.fault("expected a FHIR resource type, found \(JSONPlace.quoted(type.text))")
        }
        return type
    }

    /// Refuses what says that the elements mean something else than FHIR says.
    ///
    /// Source: FHIR R4, sections 2.4.1 and 2.21.0.2: who does not know such a rule must not process
    /// the resource.
    private static func refuseUnknownRules(_ element: FHIRElement) throws {
        if element.has("implicitRules") {
            throw element.fault("expected no implicitRules: Kith does not know these rules")
        }
        if let modifier = element.node.first(named: "modifierExtension") {
            throw FHIRFault(
                offset: modifier.range.lowerBound,
                message: "expected no modifierExtension: Kith does not know what it changes")
        }
    }

    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// UUIDs are the same in either case, other URLs are not.
    private static func key(url: String) -> Key {
        let lower = url.lowercased()
        return Key((lower.hasPrefix("urn:uuid:") ? lower : url).utf8)
    }
}

extension JSONNode {
    /// The first value of that name at any depth, but not in contained resources of their own.
    fileprivate func first(named name: String) -> JSONNode? {
        switch value {
        case .object(let members):
            for member in members {
                if member.name.utf8.elementsEqual(name.utf8) { return member.value }
                if member.name.utf8.elementsEqual("contained".utf8) { continue }
                if let match = member.value.first(named: name) { return match }
            }
            return nil
        case .array(let items):
            for item in items {
                if let match = item.first(named: name) { return match }
            }
            return nil
        case .null, .boolean, .number, .string: return nil
        }
    }
}

extension String {
    /// What stands before the first occurrence of a mark; all of it when there is none.
    fileprivate func range(before mark: String) -> String {
        firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
    }
}
