import Foundation
import Testing

/// `openssl s_client` at the door of a daemon: a client that keeps no rule of ours.
struct DoorKnocker {
    let workspace: Workspace

    /// Connects, and sends how HTTP/2 begins; standard output is what the other end sends.
    func connect(to address: String, _ options: [String]) throws -> Running {
        let program = try Program.start(
            "/usr/bin/openssl",
            ["s_client", "-quiet", "-connect", address, "-alpn", "h2"] + options)
        program.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0")
        return program
    }

    /// Whether the other end sends anything; the connection stays open.
    func isAnswered(_ program: Running) -> Bool {
        let end = Date(timeIntervalSinceNow: 20)
        while program.outputBytes == 0, program.isRunning, Date() < end { usleep(5_000) }
        return program.outputBytes > 0
    }

    /// The same, and the connection is closed.
    func answers(_ program: Running) -> Bool {
        let isAnswered = isAnswered(program)
        program.kill()
        _ = program.finished()
        return isAnswered
    }

    private func openssl(_ arguments: String...) throws {
        let finished = try Program.run("/usr/bin/openssl", arguments)
        guard finished.status == 0 else { throw TestProblem(finished.errors) }
    }

    func newPath() -> String { workspace.path + "/" + UUID().uuidString }

    /// A site's root certificate as PEM.
    func root(of home: TestHome) throws -> String {
        let file = newPath()
        try openssl("x509", "-inform", "DER", "-in", home.path + "/root.der", "-out", file)
        return file
    }

    /// A TLS certificate that a site's identity key signed, as the site's own are.
    func certificate(signedBy home: TestHome) throws -> [String] {
        let (key, request, file) = (newPath(), newPath(), newPath())
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=kith", "-keyout", key, "-out", request)
        let extensions = try workspace.file("extensions", "basicConstraints = CA:FALSE\n")
        try openssl(
            "x509", "-req", "-in", request, "-CA", root(of: home), "-CAkey",
            home.path + "/identity.pem", "-set_serial", "7", "-days", "30", "-sha256", "-extfile",
            extensions, "-out", file)
        return ["-cert", file, "-key", key]
    }

    func selfSigned() throws -> [String] {
        let (key, file) = (newPath(), newPath())
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=kith", "-days", "30", "-keyout", key, "-out", file)
        return ["-cert", file, "-key", key]
    }
}
