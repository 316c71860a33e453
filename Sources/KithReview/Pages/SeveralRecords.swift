import Foundation
import HTTPTypes
import KithModel
import KithSite

/// An address or a form names a record by an id that several have which its reader may see: members draw
/// the ids of their records, and one that lies can draw another's. Who asked chooses.
struct SeveralRecords: Error {
    /// The records, two or more.
    let records: [RecordView]

    /// The page that lets one choose; what a form was to do was not done.
    func page(_ visit: Visit, wasSent: Bool) -> Answer {
        var answer = visit.page(
            "several", title: "Which one?", tab: "/residents",
            [
                "wasSent": wasSent,
                "records": records.map { record -> Node in
                    let path = wasSent ? "/records/\(record.id)" : visit.target
                    return [
                        "kind": Vocabulary.kind(named: record.kind)?.label ?? record.kind,
                        "title": ShownText(line: record.title).text,
                        "partnership": ShownText(line: record.partnership).text,
                        "path": path.replacingOccurrences(
                            of: record.id.description, with: record.reference),
                    ]
                },
            ])
        answer.status = wasSent ? .conflict : .multipleChoices
        return answer
    }
}
