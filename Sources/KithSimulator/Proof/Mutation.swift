import Foundation
import KithProtocol
import KithStore

/// Breaks one rule, from outside: by triggers in the simulated databases, or between the session
/// and the wire. The product's code is the same in every run.
struct Mutation {
    let mutant: Mutant?

    init(_ mutant: Mutant?) {
        self.mutant = mutant
    }

    func install(in _: Installation) throws {}
    func messages(
        for message: Kith_V1_SessionMessage, from _: SessionEnd
    ) -> [Kith_V1_SessionMessage] { [message] }
    func diskDied(of _: Installation) throws {}
    func starting(_: Installation) throws {}
}
