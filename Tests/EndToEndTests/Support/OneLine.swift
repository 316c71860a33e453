import Testing

/// Expects an exit status, and one line on standard error that a person can act on.
func expectOneLine(
    _ finished: Finished, status: Int32, _ words: String...,
    at location: SourceLocation = #_sourceLocation
) {
    let errors = finished.errors
    #expect(finished.status == status, "\(errors)", sourceLocation: location)
    let isOneLine = errors.hasSuffix("\n") && errors.count(where: \.isNewline) == 1
    #expect(isOneLine, "\(errors)", sourceLocation: location)
    let isOurs = errors.hasPrefix("kith: ") || errors.hasPrefix("kithd: ")
    #expect(isOurs, "\(errors)", sourceLocation: location)
    #expect(errors.count < 600, "\(errors)", sourceLocation: location)
    for word in words {
        #expect(errors.contains(word), "\(errors) lacks \(word)", sourceLocation: location)
    }
    for trace in ["Error(", "Optional(", "Fatal error", "StoreError", "SQLITE_", " at /"] {
        #expect(!errors.contains(trace), "\(errors)", sourceLocation: location)
    }
    let isSafe = errors.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 }
    #expect(isSafe, "\(errors.debugDescription)", sourceLocation: location)
}
