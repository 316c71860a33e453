import ArgumentParser

/// The root of the commands.
struct KithCommand: ParsableCommand {
    /// Stands for the version, which only the program knows.
    static let versionMark = "(version)"

    static let configuration = CommandConfiguration(
        commandName: "kith",
        abstract: "Keeps joint care plans and partnership contacts in step between sites.",
        usage: "kith [--home DIR] COMMAND …",
        discussion: """
            Every command works on one site: give its folder with --home DIR or in KITH_HOME. \
            Reading commands take --json.

            Exit status: 0 done, 1 failed, 2 wrong usage, 3 something needs a person.
            """,
        version: versionMark,
        groupedSubcommands: [
            CommandGroup(
                name: "Site",
                subcommands: [
                    InitCommand.self, StatusCommand.self, DoctorCommand.self, VerifyCommand.self,
                    RebuildCommand.self, BackupCommand.self, RestoreCommand.self,
                    EraseCommand.self, RetentionCommand.self, AuditCommand.self,
                    RecoveryKitCommand.self, RecoverCommand.self,
                ]),
            CommandGroup(
                name: "Partners",
                subcommands: [
                    PartnershipCommand.self, PeerCommand.self, AddressCommand.self,
                    SyncCommand.self,
                ]),
            CommandGroup(name: "Records", subcommands: recordCommands),
            CommandGroup(
                name: "Decisions and exchange",
                subcommands: [ConflictCommand.self, ImportCommand.self]),
        ])

    private static let recordCommands: [any ParsableCommand.Type] = [
        KindCommand<ResidentKind>.self, KindCommand<PlanKind>.self, KindCommand<ContactKind>.self,
        KindCommand<InteractionKind>.self, KindCommand<OrganisationKind>.self,
        KindCommand<AllergyKind>.self, KindCommand<AllergyAssertionKind>.self,
        KindCommand<CPRDecisionKind>.self, KindCommand<StrengthKind>.self,
        KindCommand<NeedKind>.self, KindCommand<GoalKind>.self, KindCommand<ActionKind>.self,
        KindCommand<ContingencyKind>.self, KindCommand<PersonalContactKind>.self,
        KindCommand<ResidencyKind>.self, KindCommand<OutcomeKind>.self, RecordCommand.self,
    ]
}
