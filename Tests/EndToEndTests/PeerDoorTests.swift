import Foundation
import Testing

/// What `openssl s_client`, a client that keeps no rule of ours, gets from a running daemon.
@Suite struct PeerDoorTests {
    let pair: Pair
    let stranger: TestHome
    let door: DoorKnocker

    init() throws {
        pair = try Pair()
        door = DoorKnocker(workspace: pair.workspace)
        stranger = try pair.workspace.site("Stranger")
    }

    @Test func `a peer's certificate opens the door, so that the refusals below mean something`()
        throws
    {
        let program = try door.connect(
            to: pair.daemon.address, door.certificate(signedBy: pair.riverside))
        #expect(door.answers(program))
    }

    @Test(arguments: [false, true])
    func `a stranger gets no byte of the protocol, invitation or not`(isInviting: Bool) throws {
        if isInviting { _ = try pair.elm.invite(Pair.partnership) }
        let peer = try door.certificate(signedBy: pair.riverside)
        for (name, options) in [
            ("without a certificate", []), ("self-signed", try door.selfSigned()),
            ("signed by another site", try door.certificate(signedBy: stranger)),
            (
                "another site's, sent with a peer's root",
                try door.certificate(signedBy: stranger) + [
                    "-cert_chain", door.root(of: pair.riverside),
                ]
            ),
            ("a peer over TLS 1.2", ["-tls1_2"] + peer),
        ] {
            let program = try door.connect(to: pair.daemon.address, options)
            #expect(program.wait(seconds: 20), "\(name): the daemon closes the connection")
            program.kill()
            #expect(program.finished().output.isEmpty, "\(name)")
        }
        #expect(
            door.answers(try door.connect(to: pair.daemon.address, peer)),
            "the door still opens for peers")
    }
}
