public import KithModel
public import KithSite

/// A site's records as one FHIR R4 bundle.
///
/// Every candidate of a safety-critical field goes along: a record of which several values stand is
/// several resources, each marked with a tag and an extension, and a DetectedIssue that says what is
/// undecided, by whom. Who somebody is (Patient, Practitioner, Organization) is never two resources:
/// what is undecided there stands in extensions only, and its element says that it is not known yet.
/// What is imported comes out again with nothing lost that was mapped.
public struct FHIRExport: Sendable {
    /// An exported bundle.
    public struct Result: Sendable {
        /// The bundle as JSON.
        public let text: String
        /// Resources, by type.
        public let resources: [String: Int]
        /// Records in which something safety-critical is undecided.
        public let undecided: Int
        /// Residents.
        public let residents: Int
        /// The partnership's name.
        public let partnership: String
        /// Whether safeguarding records were left out, because nobody asked for them.
        public let hasRestrictedLeft: Bool
    }

    private let site: any Site

    /// Exports from a site.
    public init(_ site: any Site) {
        self.site = site
    }

    /// The bundle; `now` is when it is said to be made.
    public func bundle(_ request: ExportRequest, now: Instant) async throws -> Result {
        let records = try await ExportRecords(of: site, request)
        let day = now.rfc3339.prefix(10)
        guard let today = PartialDate(String(day)) else {
            preconditionFailure("an RFC 3339 time begins with a day")
        }
        let composer: FHIRComposer
        do {
            composer = try FHIRRoundTrip.complete(FHIRComposer(records, today: today))
        } catch let fault as FHIRFault {
            throw SiteError(
                .invalid, "the records cannot be written as FHIR: \(fault.message)")
        }
        let companions = FHIRCompanions(
            composer: composer, compartments: records.partnership.compartments)
        let nodes =
            composer.resources().map(\.node) + companions.issues() + companions.absences()
            + companions.provenances()
        var counts: [String: Int] = [:]
        let base = "\(KithFHIR.base)site/\(try await site.profile().site)/"
        let entries = nodes.map { node -> JSONNode in
            let type = node.string("resourceType")
            counts[type, default: 0] += 1
            return .object([
                ("fullUrl", .text("\(base)\(type)/\(node.string("id"))")), ("resource", node),
            ])
        }
        let bundle = JSONNode.object([
            ("resourceType", .text("Bundle")), ("type", .text("collection")),
            ("timestamp", .text(now.rfc3339)), ("entry", .list(entries)),
        ])
        return Result(
            text: bundle.json, resources: counts,
            undecided: composer.contents.count { !$0.undecided.isEmpty },
            residents: composer.contents.count { $0.kind.name == "resident" },
            partnership: records.partnership.name, hasRestrictedLeft: records.hasRestrictedLeft)
    }
}

extension JSONNode {
    fileprivate func string(_ name: String) -> String {
        guard case .string(let text)? = self[name]?.value else { return "" }
        return text
    }
}
