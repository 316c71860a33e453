import KithModel

/// The parts of people and organisations that FHIR resources share: names, ways to reach them,
/// addresses, identifiers.
struct FHIRName {
    let family: FHIRText?
    /// All given names, as one text.
    let given: FHIRText?
    /// The whole name, as one would address the person.
    let full: FHIRText?
    /// The titles before it.
    let prefix: FHIRText?

    /// Reads a HumanName.
    init(_ name: FHIRElement) throws {
        family = try name.text("family")
        given = try name.texts("given").joined(by: " ")
        let written = try name.text("text")
        prefix = try name.texts("prefix").joined(by: " ")
        let parts = try name.texts("prefix") + [given, family].compactMap(\.self)
        let suffixes = try name.texts("suffix")
        full = written ?? (parts + suffixes).joined(by: " ")
    }
}

/// A postal address in the lines of an envelope.
struct FHIRAddress {
    let lines: FHIRText?
    let postcode: FHIRText?

    /// Reads an Address.
    init(_ address: FHIRElement) throws {
        var lines = try address.texts("line")
        for name in ["city", "district", "state", "country"] {
            if let line = try address.text(name) { lines.append(line) }
        }
        let written = try address.text("text")
        self.lines = lines.joined(by: "\n") ?? written
        postcode = try address.text("postalCode")
    }
}

extension FHIRElement {
    /// The name to use: the official one, else the first that is not out of date.
    func name() throws -> FHIRName? {
        let names = try current("name")
        for name in names where try name.text("use")?.is("official") == true {
            return try FHIRName(name)
        }
        guard let first = try names.first ?? elements("name").first else { return nil }
        return try FHIRName(first)
    }

    /// The address to use: where they live, else the first that is not out of date.
    func address() throws -> FHIRAddress? {
        let addresses = try current("address")
        for address in addresses where try address.text("use")?.is("home") == true {
            return try FHIRAddress(address)
        }
        guard let first = addresses.first else { return nil }
        return try FHIRAddress(first)
    }

    /// Every telephone number or e-mail address that is in use, so that none is lost.
    func telecom(_ system: String) throws -> FHIRText? {
        var values: [FHIRText] = []
        for point in try current("telecom") where try point.text("system")?.is(system) == true {
            if let value = try point.text("value") { values.append(value) }
        }
        return values.distinct.joined(by: ", ")
    }

    /// The values of the identifiers in one system, each once.
    func identifiers(in system: String) throws -> [FHIRText] {
        var values: [FHIRText] = []
        for identifier in try elements("identifier")
        where try identifier.text("system")?.is(system) == true {
            guard let value = try identifier.text("value") else { continue }
            if !values.contains(where: { $0.is(value.text) }) { values.append(value) }
        }
        return values
    }

    /// The one NHS number among the identifiers; a fault for a wrong one, or for two.
    func nhsNumber() throws -> NHSNumber? {
        var found: NHSNumber?
        for value in try identifiers(in: NHSNumber.system) {
            guard let number = NHSNumber(value.text) else {
                // The number itself is not repeated: messages end in logs and tickets.
                throw value.fault(
                    "expected an NHS number: ten digits of which the last checks the others, "
                        + "for example 943 476 5919")
            }
            guard found == nil || found == number else {
                throw value.fault("expected one NHS number, found a second one")
            }
            found = number
        }
        return found
    }

    /// The one ODS code among the identifiers; a fault for a wrong one, or for two.
    func odsCode() throws -> FHIRText? {
        var codes: [FHIRText] = []
        for value in try identifiers(in: ODSCode.system) {
            guard let code = ODSCode(value.text) else {
                throw value.fault(
                    "expected an ODS code of three to ten letters and digits, found "
                        + JSONPlace.quoted(value.text))
            }
            codes.append(value.saying(code.description))
        }
        if let second = codes.dropFirst().first(where: { !$0.is(codes[0].text) }) {
            throw second.fault("expected one ODS code, found a second one")
        }
        return codes.first
    }

    private func current(_ name: String) throws -> [FHIRElement] {
        var current: [FHIRElement] = []
        for element in try elements(name) where try element.text("use")?.is("old") != true {
            current.append(element)
        }
        return current
    }
}
