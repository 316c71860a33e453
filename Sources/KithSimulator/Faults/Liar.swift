/// A member that lies.
final class Liar {
    let installation: Installation

    init(_: Simulation, _ installation: Installation, _: RandomSource) {
        self.installation = installation
    }

    func lie() throws {}
}
