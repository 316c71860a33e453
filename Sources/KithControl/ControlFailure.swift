internal import KithSite

/// The ways in which a call itself fails, in the words that people read.
enum ControlFailure {
    static let stopping = SiteError(
        .network, "kithd is stopping and broke this off: look whether it is done, then repeat it")

    static let brokenOff = SiteError(
        .network,
        "kithd stopped while it worked on this: look with \"kith status\" whether it is done, "
            + "then repeat it")

    static func silent(_ home: String) -> SiteError {
        SiteError(
            .network,
            "kithd of \(home) runs but does not answer: it may be suspended or stuck; resume or "
                + "restart it, then look with \"kith status\" whether this is done")
    }

    static let absent = SiteError(
        .network, "kithd does not run any more: start it, or repeat the command without it")

    static let nobody = SiteError(
        .version, "the call does not say who makes it: use a kith of the same version as kithd")

    static let requestTooLarge = SiteError(
        .invalid, "this is more than 64 MiB, too much for one call to kithd: split it into parts")

    static let answerTooLarge = SiteError(
        .invalid, "the answer is more than 64 MiB, too much for one call: ask for less at a time")

    static func versionsDiffer(daemon: String, caller: String) -> SiteError {
        SiteError(
            .version,
            "kithd runs version \(daemon) and this program is version \(caller): restart kithd, "
                + "so that both are the same")
    }

    static func unknownCommand(_ name: String) -> SiteError {
        SiteError(
            .version,
            "kithd does not know the call \"\(name.prefix(40))\": restart kithd, so that "
                + "both programs are the same version")
    }

    static func unexpected(_ command: String) -> SiteError {
        SiteError(
            .store, "kithd could not do \"\(command)\" for an unexpected reason: see its log")
    }

    static func unreadable(_ command: String) -> SiteError {
        SiteError(
            .version,
            "kithd's answer to \"\(command)\" cannot be read: restart kithd, so that "
                + "both programs are the same version")
    }
}
