import KithModel
import KithSite

/// Doses as people read them.
extension FHIRMapping {
    /// The dosage; nil where nothing is said. Several instructions are lines of one text; what they
    /// differ in stays with its line.
    func dosage(_ instructions: [FHIRElement], in members: [FieldDefinition]) throws -> FieldValue?
    {
        var lines: [FHIRText] = []
        let routes = try instructions.map { try $0.concept("route")?.text?.text ?? "" }
        let needed = try instructions.map { try isNeeded($0) }
        let limits = try instructions.map { try most($0)?.text ?? "" }
        for (index, instruction) in instructions.enumerated() {
            var words = try self.words(instruction).map(\.text)
            if Set(routes).count > 1, !routes[index].isEmpty { words.append(routes[index]) }
            if Set(needed).count > 1, needed[index] == true { words.append("when needed") }
            if Set(limits).count > 1, !limits[index].isEmpty {
                words.append("at most \(limits[index])")
            }
            let line = words.joined(separator: ", ")
            if !line.isEmpty { lines.append(FHIRText(text: line, offset: instruction.offset)) }
        }
        // The text cannot be left out of the group: what is said beside it must not get lost.
        let unsaid = routes.contains { !$0.isEmpty } || needed.contains(true)
        guard
            let text = lines.joined(by: "\n")
                ?? (unsaid
                    ? instructions.first.map {
                        FHIRText(text: "Dose not stated", offset: $0.offset)
                    } : nil)
        else { return nil }
        var values: [GroupMember] = []
        for member in members {
            let value: FieldValue? =
                switch member.name {
                case "text": try FHIRDraft.value(of: member, from: text)
                case "route":
                    try same(routes, text).map { try FHIRDraft.value(of: member, from: $0) }
                case "asNeeded":
                    needed.first.flatMap { first in
                        needed.allSatisfy { $0 == first } ? first.map(FieldValue.boolean) : nil
                    }
                case "maximum":
                    try same(limits, text).map { try FHIRDraft.value(of: member, from: $0) }
                default: nil
                }
            if let value, value != .cleared { values.append(GroupMember(member.number, value)) }
        }
        return .group(values)
    }

    private func same(_ texts: [String], _ place: FHIRText) -> FHIRText? {
        Set(texts).count == 1 ? texts.first.flatMap { $0.isEmpty ? nil : place.saying($0) } : nil
    }

    private func isNeeded(_ instruction: FHIRElement) throws -> Bool? {
        if instruction.has("asNeededCodeableConcept") { return true }
        return try instruction.boolean("asNeededBoolean")
    }

    /// The text that was written, else the parts of the instruction in words.
    private func words(_ instruction: FHIRElement) throws -> [FHIRText] {
        var words: [FHIRText] = []
        if let text = try instruction.text("text") {
            words.append(text)
        } else {
            for rate in try instruction.elements("doseAndRate") {
                if let dose = try rate.element("doseQuantity").flatMap(quantity) {
                    words.append(dose.saying("dose \(dose.text)"))
                } else if let range = try rate.element("doseRange") {
                    let ends = try [range.element("low"), range.element("high")].compactMap(\.self)
                        .compactMap(quantity)
                    if let dose = ends.joined(by: " to ") {
                        words.append(dose.saying("dose \(dose.text)"))
                    }
                }
                if let speed = try rate.element("rateQuantity").flatMap(quantity) {
                    words.append(speed.saying("rate \(speed.text)"))
                }
            }
            if let timing = try instruction.element("timing").flatMap({ try FHIRTiming($0).words })
            {
                words.append(timing)
            }
        }
        if let reason = try instruction.concept("asNeededCodeableConcept")?.text {
            words.append(reason.saying("when needed for \(reason.text)"))
        }
        words += try instruction.concepts("additionalInstruction").compactMap(\.text)
        if let advice = try instruction.text("patientInstruction") { words.append(advice) }
        if let site = try instruction.concept("site")?.text {
            words.append(site.saying("site: \(site.text)"))
        }
        return words
    }

    /// The most that may be taken in a time.
    private func most(_ instruction: FHIRElement) throws -> FHIRText? {
        if let ratio = try instruction.element("maxDosePerPeriod") {
            let parts = try [ratio.element("numerator"), ratio.element("denominator")]
                .compactMap(\.self).compactMap(quantity)
            return parts.joined(by: " in ")
        }
        return try instruction.element("maxDosePerAdministration").flatMap(quantity)
    }

    /// A quantity with its unit, in words.
    func quantity(_ quantity: FHIRElement) throws -> FHIRText? {
        guard let value = try quantity.number("value") else { return nil }
        let unit = try quantity.text("unit") ?? quantity.text("code")
        let sign = try quantity.text("comparator").map { "\($0.text) " } ?? ""
        return value.saying(
            [sign + value.text, unit?.text].compactMap(\.self).joined(separator: " "))
    }
}
