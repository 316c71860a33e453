import Foundation
import Testing

/// What `openssl s_client`, a client that keeps no rule of ours, gets from a running daemon.
@Suite struct PeerDoorTests {
    let pair: Pair
    let stranger: TestHome

    init() throws {
        pair = try Pair()
        stranger = try pair.workspace.site("Stranger")
    }

    @Test func `a peer's certificate opens the door, so that the refusals below mean something`()
        throws
    {
        let program = try connect(certificate(signedBy: pair.riverside))
        #expect(answers(program))
    }

    @Test(arguments: [false, true])
    func `a stranger gets no byte of the protocol, invitation or not`(isInviting: Bool) throws {
        if isInviting { _ = try pair.elm.invite(Pair.partnership) }
        let peer = try certificate(signedBy: pair.riverside)
        for (name, options) in [
            ("without a certificate", []), ("self-signed", try selfSigned()),
            ("signed by another site", try certificate(signedBy: stranger)),
            (
                "another site's, sent with a peer's root",
                try certificate(signedBy: stranger) + ["-cert_chain", root(of: pair.riverside)]
            ),
            ("a peer over TLS 1.2", ["-tls1_2"] + peer),
        ] {
            let program = try connect(options)
            #expect(program.wait(seconds: 20), "\(name): the daemon closes the connection")
            program.kill()
            #expect(program.finished().output.isEmpty, "\(name)")
        }
        #expect(answers(try connect(peer)), "the door still opens for peers")
    }

    // MARK: Pieces

    /// Connects, and sends how HTTP/2 begins; standard output is what the other end sends.
    private func connect(_ options: [String]) throws -> Running {
        let program = try Program.start(
            "/usr/bin/openssl",
            ["s_client", "-quiet", "-connect", pair.daemon.address, "-alpn", "h2"] + options)
        program.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0")
        return program
    }

    private func answers(_ program: Running) -> Bool {
        let end = Date(timeIntervalSinceNow: 20)
        while program.outputBytes == 0, program.isRunning, Date() < end { usleep(5_000) }
        program.kill()
        _ = program.finished()
        return program.outputBytes > 0
    }

    private func openssl(_ arguments: String...) throws {
        let finished = try Program.run("/usr/bin/openssl", arguments)
        guard finished.status == 0 else { throw TestProblem(finished.errors) }
    }

    private func newPath() -> String { pair.workspace.path + "/" + UUID().uuidString }

    /// A site's root certificate as PEM.
    private func root(of home: TestHome) throws -> String {
        let file = newPath()
        try openssl("x509", "-inform", "DER", "-in", home.path + "/root.der", "-out", file)
        return file
    }

    /// A TLS certificate that a site's identity key signed, as the site's own are.
    private func certificate(signedBy home: TestHome) throws -> [String] {
        let (key, request, file) = (newPath(), newPath(), newPath())
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=kith", "-keyout", key, "-out", request)
        let extensions = try pair.workspace.file("extensions", "basicConstraints = CA:FALSE\n")
        try openssl(
            "x509", "-req", "-in", request, "-CA", root(of: home), "-CAkey",
            home.path + "/identity.pem", "-set_serial", "7", "-days", "30", "-sha256", "-extfile",
            extensions, "-out", file)
        return ["-cert", file, "-key", key]
    }

    private func selfSigned() throws -> [String] {
        let (key, file) = (newPath(), newPath())
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=kith", "-days", "30", "-keyout", key, "-out", file)
        return ["-cert", file, "-key", key]
    }
}
