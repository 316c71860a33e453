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
                    InitCommand.self, StatusCommand.self, DueCommand.self, DoctorCommand.self,
                    VerifyCommand.self,
                    RebuildCommand.self, BackupCommand.self, RestoreCommand.self,
                    EraseCommand.self, RetentionCommand.self, AuditCommand.self,
                    RecoveryKitCommand.self, RecoverCommand.self, UserCommand.self,
                ]),
            CommandGroup(
                name: "Partners",
                subcommands: [
                    PartnershipCommand.self, PeerCommand.self, AddressCommand.self,
                    SyncCommand.self,
                ]),
            CommandGroup(name: "Who works together", subcommands: relations),
            CommandGroup(name: "People", subcommands: people),
            CommandGroup(name: "Care", subcommands: care),
            CommandGroup(name: "Safeguarding and liberty", subcommands: restricted),
            CommandGroup(
                name: "Any record", subcommands: [RecordCommand.self, VocabularyCommand.self]),
            CommandGroup(
                name: "Decisions and exchange",
                subcommands: [
                    ConflictCommand.self, ImportCommand.self, ExportCommand.self,
                    PrintCommand.self,
                ]),
        ])

    private static let relations: [any ParsableCommand.Type] = [
        KindCommand<OrganisationKind>.self,
        KindCommand<ContactKind>.self,
        KindCommand<InteractionKind>.self,
        KindCommand<HomeRoundKind>.self,
        KindCommand<AgreementKind>.self,
        KindCommand<CollaborationKind>.self,
        KindCommand<CapacityKind>.self,
        KindCommand<TaskKind>.self,
    ]
    private static let people: [any ParsableCommand.Type] = [
        KindCommand<ResidentKind>.self,
        KindCommand<ResidencyKind>.self,
        KindCommand<PersonalContactKind>.self,
        KindCommand<AboutMeKind>.self,
        KindCommand<RequirementKind>.self,
        KindCommand<CarePackageKind>.self,
        KindCommand<CareTeamMemberKind>.self,
        KindCommand<SamePersonKind>.self,
        KindCommand<AppointmentKind>.self,
    ]
    private static let care: [any ParsableCommand.Type] = [
        KindCommand<PlanKind>.self,
        KindCommand<StrengthKind>.self,
        KindCommand<NeedKind>.self,
        KindCommand<GoalKind>.self,
        KindCommand<ActionKind>.self,
        KindCommand<ContingencyKind>.self,
        KindCommand<StageGoalKind>.self,
        KindCommand<GoalOutcomeKind>.self,
        KindCommand<SupportPlanKind>.self,
        KindCommand<AllergyKind>.self,
        KindCommand<AllergyAssertionKind>.self,
        KindCommand<CPRDecisionKind>.self,
        KindCommand<TreatmentPlanKind>.self,
        KindCommand<ADRTKind>.self,
        KindCommand<LPAKind>.self,
        KindCommand<CapacityAssessmentKind>.self,
        KindCommand<ConditionKind>.self,
        KindCommand<MedicationKind>.self,
        KindCommand<AlertKind>.self,
        KindCommand<OutcomeKind>.self,
        KindCommand<PreferredPlaceKind>.self,
        KindCommand<BaselineKind>.self,
        KindCommand<EndOfLifeKind>.self,
        KindCommand<AssessmentKind>.self,
        KindCommand<ObservationKind>.self,
        KindCommand<TransferKind>.self,
        KindCommand<HospitalContactKind>.self,
        KindCommand<ReferralKind>.self,
        KindCommand<RoundItemKind>.self,
        KindCommand<NoteKind>.self,
        KindCommand<CommentKind>.self,
        KindCommand<ProposalKind>.self,
        KindCommand<SignOffKind>.self,
        KindCommand<DocumentKind>.self,
        KindCommand<ProfessionalAdviceKind>.self,
    ]
    private static let restricted: [any ParsableCommand.Type] = [
        KindCommand<SafeguardingConcernKind>.self,
        KindCommand<LibertyAuthorisationKind>.self,
    ]
}
