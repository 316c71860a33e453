import Foundation
import KithProtocol
import SwiftProtobuf
import Testing

@Suite struct MessageSizeTests {
    private static func entry(_ sizes: [Int]) -> Kith_V1_Entry {
        .with {
            $0.header = Data(repeating: 1, count: sizes[0])
            $0.signature = Data(repeating: 2, count: sizes[1])
            $0.parts = stride(from: 2, to: sizes.count, by: 2).map { index in
                .with {
                    $0.skeleton = Data(repeating: 3, count: sizes[index])
                    $0.body = Data(repeating: 4, count: sizes[index + 1])
                }
            }
        }
    }

    @Test(arguments: [
        [0, 0], [1, 64], [127, 64, 127, 128], [128, 64, 0, 0, 16_383, 16_384],
        [65_536, 64, 2_097_151, 2_097_152],
    ])
    func `the size of a batch is reckoned as it is serialized`(sizes: [Int]) throws {
        for (number, copies) in [(UInt64(0), 0), (1, 1), (127, 2), (128, 3), (1 << 40, 1)] {
            let entries = Array(repeating: Self.entry(sizes), count: copies)
            let message = Kith_V1_SessionMessage.with {
                $0.entries = .with {
                    $0.batch = number
                    $0.entries = entries
                    $0.erasures = entries.reversed()
                }
            }
            #expect(try message.byteCount == message.serializedData().count)
        }
    }

    @Test func `other messages are as long as they are`() throws {
        let message = Kith_V1_SessionMessage.with { $0.hello.nonce = Data(count: 16) }
        #expect(try message.byteCount == message.serializedData().count)
    }
}
