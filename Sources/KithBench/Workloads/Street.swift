import Foundation
import KithModel
import KithSite
import KithStore
import KithTrust

// Many partnerships between two homes, as a relay or a large practice has them.
extension Neighbours {
    /// Makes further partnerships that both are in, straight in the stores, until there are so many, and
    /// syncs until both have all of them.
    func share(_ count: Int) async throws {
        let oak = try await open("oak") { try await $0.bulk { $0.site } }
        let made = try await open("elm") { site in
            try await site.bulk { transaction in
                let now = Instant(Date())
                guard let guest = try transaction.knownProfile(of: oak),
                    let own = try transaction.knownProfile(of: transaction.site)
                else { throw BenchProblem("the homes do not know each other") }
                let there = try transaction.partnerships().filter { !$0.isPrivate }.count
                return try (there..<max(count, there)).map { number in
                    let id = try transaction.found(
                        name: "Bench \(number)", purpose: "to be measured", profile: own,
                        isPrivate: false, now: now)
                    try transaction.admit(guest, .founder, invitation: Data(), to: id, now: now)
                    return id
                }
            }
        }
        try await open("oak") { site in
            try await site.bulk { transaction in
                let elm = try transaction.peers().first { !$0.addresses.isEmpty }
                guard let elm else { throw BenchProblem("Oak does not know where Elm is") }
                for (number, id) in made.enumerated() {
                    try transaction.join(
                        id, name: "Bench \(number)", purpose: "to be measured",
                        through: elm.site, now: Instant(Date()))
                }
            }
        }
        let daemon = try startElm()
        while try sync().moved > 0 {}
        try daemon.stop()
    }
}
