import Foundation
import SwiftProtobuf
import Testing

@testable import KithProtocol

/// Headers of a batch are compressed, and come out as they were.
@Suite struct HeaderPackingTests {
    private func batch(_ count: Int) -> Kith_V1_Entries {
        .with {
            $0.batch = 7
            $0.entries = (0..<count).map { number in
                .with {
                    $0.header = Data("the same partnership, author and key \(number)".utf8)
                    $0.signature = Data(repeating: UInt8(number % 251), count: 64)
                    $0.parts = [.with { $0.skeleton = Data([1, 2, 3]) }]
                }
            }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 100, 5_000])
    func `a batch comes out as it was, and smaller on the way`(count: Int) throws {
        let plain = batch(count)
        let packed = plain.packed()
        #expect(try packed.unpacked() == plain)
        #expect(packed.bytes().count <= plain.bytes().count)
        if count >= 100 { #expect(packed.bytes().count < plain.bytes().count * 4 / 5) }
        let message = Kith_V1_SessionMessage.with { $0.entries = packed }
        #expect(message.byteCount == message.bytes().count)
    }

    @Test func `headers that do not shrink travel as they are`() {
        var random = SystemRandomNumberGenerator()
        var plain = batch(3)
        for index in plain.entries.indices {
            plain.entries[index].header = Data(
                (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        #expect(plain.packed() == plain)
    }

    @Test func `what stands for two hundred times its bytes is refused before it is unpacked`()
        throws
    {
        // 64 MiB of zeros.
        var bomb = batch(2)
        bomb.entries[0].header = Data(count: 64 << 20)
        let packed = bomb.packed()
        #expect(packed.headers.count < 400_000)
        let fault = #expect(throws: ProtocolFault.self) { try packed.unpacked() }
        #expect(fault?.code == .limit)
    }

    @Test func `headers that are not those of the entries are refused`() throws {
        var shorter = batch(100).packed()
        shorter.entries.removeLast()
        #expect(throws: ProtocolFault.self) { try shorter.unpacked() }
        var twice = batch(100).packed()
        twice.entries[3].header = Data([1])
        #expect(throws: ProtocolFault.self) { try twice.unpacked() }
        var cut = batch(100).packed()
        cut.headers.removeLast()
        #expect(throws: ProtocolFault.self) { try cut.unpacked() }
        var noise = batch(2)
        noise.headers = Data([9, 9, 9, 9])
        #expect(throws: ProtocolFault.self) { try noise.unpacked() }
    }
}
