import KithTransport
import Testing

/// Another site, with its own certificate, in the middle of a session with a peer.
@Suite(.timeLimit(.minutes(10))) struct SwappedPeerTests {
    @Test func `a certificate swapped in mid-session ends the session, and nobody else is heard`()
        async throws
    {
        let (home, surgery) = try peers()
        let thief = try TestSite()
        thief.pin(home)
        // The thief is known too: even one whom the dialler would accept elsewhere is not let in here.
        home.pin(thief)
        let (honest, swapped) = (TestHandler(), TestHandler())
        try await surgery.serving(handler: honest) { _, address in
            try await thief.serving(handler: swapped) { _, other in
                let proxy = try await SwitchingProxy.listening(before: address)
                let error = await #expect(throws: TransportError.self) {
                    try await home.inSession(with: surgery, at: proxy.address) { stream in
                        try await stream.send(message(1))
                        #expect(try await stream.receive() == message(1))
                        try await proxy.goOn(with: other)
                        try await stream.send(message(2))
                        // What comes next, if anything comes, is no answer.
                        while let answer = try await stream.receive() {
                            Issue.record("\(answer) from somebody else")
                        }
                    }
                }
                #expect(error?.code == .closed, "\(String(describing: error))")
                // Dialled anew, it is told that somebody else is there.
                let again = try await SwitchingProxy.listening(before: other)
                let refusal = await #expect(throws: TransportError.self) {
                    try await home.inSession(with: surgery, at: again.address) { _ in }
                }
                #expect(refusal?.code == .wrongSite)
                try await proxy.close()
                try await again.close()
            }
        }
        #expect(honest.sessions == [home.id] && swapped.sessions.isEmpty)
    }
}
