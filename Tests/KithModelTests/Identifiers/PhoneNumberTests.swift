import Testing

@testable import KithModel

@Suite struct PhoneNumberTests {
    @Test(arguments: [
        ("999", "999"), ("01642 555 0123", "016425550123"), ("+44 1642 555 0123", "+4416425550123"),
        ("+44 (0)1642 555 0123", "+4416425550123"), ("01642 555 0123 ext 4", "016425550123"),
        ("(01642) 555-0123, ask for the ward", "016425550123"),
    ])
    func `digits are what is dialled, words stay`(text: String, dialled: String) {
        #expect(PhoneNumber(text)?.dialled == dialled)
        #expect(PhoneNumber(text)?.description == text)
    }

    @Test(arguments: ["", "12", "ward", "ext 4", "1234567890123456", "+", "٠١٦٤٢٥٥٥"])
    func `what cannot be dialled is no number`(text: String) {
        #expect(PhoneNumber(text) == nil)
    }
}
