import KithModel

/// A FHIR CodeableConcept: one meaning, in words and in any number of code systems.
struct FHIRConcept {
    /// One coding of it.
    struct Coding {
        let system: FHIRText?
        let code: FHIRText?
        let display: FHIRText?
        let isChosen: Bool
    }

    let element: FHIRElement
    let words: FHIRText?
    let codings: [Coding]

    /// Reads the element as a CodeableConcept.
    init(_ element: FHIRElement) throws {
        self.element = element
        words = try element.text("text")
        var codings: [Coding] = []
        for coding in try element.elements("coding") {
            codings.append(
                Coding(
                    system: try coding.text("system"), code: try coding.text("code"),
                    display: try coding.text("display"),
                    isChosen: try coding.boolean("userSelected") ?? false))
        }
        self.codings = codings
    }

    /// The words beside a reference, where the thing itself is elsewhere.
    init(words reference: FHIRElement) throws {
        element = reference
        words = try reference.text("display")
        codings = []
    }

    /// The coding that a person chose, else the first.
    var coding: Coding? { codings.first(where: \.isChosen) ?? codings.first }

    /// What it means in words; the bare code where nobody wrote words.
    var text: FHIRText? {
        words ?? coding?.display ?? codings.compactMap(\.display).first ?? coding?.code
    }

    /// The codes of one system.
    func codes(in system: String) -> [FHIRText] {
        codings.compactMap { $0.system?.is(system) == true ? $0.code : nil }
    }

    /// Whether it has this code of this system.
    func has(_ code: String, in system: String) -> Bool {
        codes(in: system).contains { $0.is(code) }
    }
}

extension FHIRElement {
    /// The CodeableConcept under a name.
    func concept(_ name: String) throws -> FHIRConcept? {
        guard let element = try element(name) else { return nil }
        return try FHIRConcept(element)
    }

    /// The CodeableConcepts of the list under a name.
    func concepts(_ name: String) throws -> [FHIRConcept] {
        var concepts: [FHIRConcept] = []
        for element in try elements(name) { concepts.append(try FHIRConcept(element)) }
        return concepts
    }

    /// The texts of the annotations under a name.
    func annotations(_ name: String) throws -> [FHIRText] {
        var texts: [FHIRText] = []
        for note in try elements(name) {
            texts.append(try note.required("text", note.text("text")))
        }
        return texts
    }
}

extension CodeSet {
    /// The concept of a code, compared by bytes.
    func concept(code: FHIRText) -> Code? {
        concepts.first { code.is($0.code) }.map {
            Code(system: system, code: $0.code, display: $0.display)
        }
    }

    /// The concept of a code, or a fault that lists what there is.
    func required(_ code: FHIRText) throws -> Code {
        guard let concept = concept(code: code) else {
            let known = concepts.map(\.code).joined(separator: ", ")
            throw code.fault("expected one of \(known), found \(JSONPlace.quoted(code.text))")
        }
        return concept
    }
}
