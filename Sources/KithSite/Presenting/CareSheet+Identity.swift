import KithModel

extension CareSheet {
    /// What tells people apart, a line for each record of the person: name, born, NHS number, room;
    /// every value where several stand, marked.
    public var identity: [String] {
        residents.map { resident in
            let called = resident.field("preferredName").flatMap { field in
                field.candidates.isEmpty ? nil : ", called \(Self.words(field))"
            }
            let room = rooms.isEmpty ? Absence.notRecorded.words : rooms.joined(separator: " / ")
            return "\(resident.title)\(called ?? ""), born \(words("dateOfBirth", of: resident)), "
                + "NHS number \(words("nhsNumber", of: resident)), room \(room)"
        }
    }

    private func words(_ name: String, of record: RecordView) -> String {
        guard let field = record.field(name), !field.candidates.isEmpty else {
            return record.field(name)?.absence?.words ?? Absence.notRecorded.words
        }
        return Self.words(field)
    }

    /// A field in one line: its value, or every value with a mark where that is undecided.
    public static func words(_ field: FieldView) -> String {
        let values = field.candidates.map {
            $0.absence.map { "(\($0.words))" }
                ?? ($0.words + ($0.isAuthorRemoved ? " (author removed)" : ""))
        }
        guard values.count > 1 else { return values.first ?? (field.absence?.words ?? "") }
        return field.policy == .safetyCritical
            ? "!! " + values.joined(separator: " / ")
            : values[0] + " (also written: " + values.dropFirst().joined(separator: " / ") + ")"
    }
}
