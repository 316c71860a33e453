import Foundation
import KithProtocol
import SwiftProtobuf
import Testing

@Suite struct MessageShapeTests {
    private func isSound(_ bytes: Data) -> Bool { bytes.withUnsafeBytes(MessageShape.isSound) }

    private func isSound(_ message: Kith_V1_SessionMessage) throws -> Bool {
        isSound(try message.serializedData())
    }

    @Test func `the smallest that mean something may fill a message`() throws {
        let count = Limits.holdings
        let holdings = Kith_V1_SessionMessage.with {
            $0.holdings.holdings = (0..<count).map { _ in
                .with {
                    $0.id = Data(count: 16)
                    $0.digest = Data(count: 8)
                }
            }
        }
        #expect(try isSound(holdings))
        let leaves = Kith_V1_SessionMessage.with {
            $0.frontiers.frontiers = [
                .with { frontier in
                    frontier.leaves = (0..<40_000).map { number in
                        .with {
                            $0.author = Data(count: 32)
                            $0.sequence = UInt64(number)
                            $0.hash = Data(count: 32)
                        }
                    }
                }
            ]
        }
        #expect(try isSound(leaves))
        let entries = Kith_V1_SessionMessage.with {
            $0.entries.entries = (0..<Limits.batchEntries).map { _ in
                .with {
                    $0.signature = Data(count: 64)
                    $0.parts = [.with { $0.skeleton = Data(count: 60) }]
                }
            }
        }
        #expect(try isSound(entries))
        let buckets = Kith_V1_SessionMessage.with {
            $0.buckets.digests = Array(repeating: Data(count: 8), count: Limits.buckets)
        }
        #expect(try isSound(buckets))
    }

    @Test func `what is empty may not, on whatever level`() throws {
        let number = 1_000_000
        let messages: [Kith_V1_SessionMessage] = [
            .with { $0.entries.entries = Array(repeating: .init(), count: number) },
            .with { $0.entries.erasures = Array(repeating: .init(), count: number) },
            .with {
                $0.entries.entries = [
                    .with { $0.parts = Array(repeating: .init(), count: number) }
                ]
            },
            .with { $0.holdings.holdings = Array(repeating: .init(), count: number) },
            .with { $0.frontiers.frontiers = Array(repeating: .init(), count: number) },
            .with {
                $0.frontiers.frontiers = [
                    .with { $0.leaves = Array(repeating: .init(), count: number) }
                ]
            },
            .with {
                $0.forkSearch.samples = [
                    .with { $0.wanted = Array(repeating: Data(), count: number) }
                ]
            },
            .with { $0.proof.statements = Array(repeating: .init(), count: number) },
            .with { $0.buckets.digests = Array(repeating: Data(), count: number) },
        ]
        for (place, message) in messages.enumerated() {
            #expect(try !isSound(message), "message \(place)")
        }
    }

    @Test func `what is spread over many messages in one counts together`() throws {
        let half = try Kith_V1_SessionMessage.with {
            $0.entries.entries = Array(repeating: .init(), count: 30_000)
        }.serializedData()
        #expect(!isSound(half + half), "the second is merged into the first when it is decoded")
    }

    @Test func `bytes that are no message are left to the decoder`() {
        for bytes in [
            Data(), Data([0xFF]), Data([0x32, 0xFF]), Data(repeating: 0x80, count: 50),
            Data([0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] { #expect(isSound(bytes)) }
    }
}
