/// Everything that browsers can ask for.
enum Routes {
    static let all: [Route] =
        SignInPage.routes + TodayPage.routes + ResidentPage.routes + ChangesPage.routes
        + RecordPages.routes + AnswerPages.routes + ConflictPages.routes + ConflictWorkPages.routes
        + RoundPage.routes
        + ContactsPage.routes
        + PrintPages.routes + StandingPages.routes + GlassPage.routes
        + AccountPage.routes
}
