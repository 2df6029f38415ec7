import Portraits
import Testing
import UsageModel

@Suite("Settings in the log")
struct SettingsTests {
    @Test("settings read back as they were written")
    func roundTrip() throws {
        var settings = Settings()
        #expect(try Settings(json: settings.json) == settings)
        settings.clock = .event
        settings.clockMaxStepMilliseconds = 5
        settings.defaultZone = "Europe/Berlin"
        settings.ignoreTasks = ["a", "b"]
        settings.ignoreUsers = ["c"]
        settings.companyFromEmail = true
        settings.freeMailDomains = ["gmail.com"]
        settings.heartbeats = ["billing": 7_200_000, "app": 60_000]
        #expect(try Settings(json: JSON(parsing: settings.json.text)) == settings)
        #expect(try Settings(json: [:]) == Settings())
    }

    @Test(
        "what is no setting is refused by name",
        arguments: [
            ("{\"clock\":\"sun\"}", "clock"), ("{\"clock_max_step_ms\":0}", "clock_max_step_ms"),
            ("{\"default_zone\":5}", "default_zone"), ("{\"ignore_tasks\":\"a\"}", "ignore_tasks"),
            ("{\"ignore_users\":[1]}", "ignore_users"), ("{\"company_from_email\":1}", "company_from_email"),
            ("{\"sources\":{\"a\":{\"heartbeat_ms\":0}}}", "sources.a.heartbeat_ms"), ("[]", "object"),
        ])
    func refused(text: String, word: String) throws {
        let json = try JSON(parsing: text)
        let error = #expect(throws: SettingsError.self) { try Settings(json: json) }
        #expect(error?.description.contains(word) == true)
    }

    @Test("an e-mail's domain names the company, free-mail domains do not")
    func domains() {
        var settings = Settings()
        settings.freeMailDomains = ["Gmail.com"]
        #expect(settings.companyDomain(ofEmail: "Ann@Acme.COM") == "acme.com")
        #expect(settings.companyDomain(ofEmail: "\"a@b\"@acme.com") == "acme.com")
        for text in ["ann@gmail.com", "ann", "@acme.com", "ann@", ""] {
            #expect(settings.companyDomain(ofEmail: text) == nil, "\(text)")
        }
    }

    @Test("names that appear after they were configured are ignored from the first")
    func lateNames() throws {
        var settings = Settings()
        settings.ignoreTasks = ["later"]
        let scene = Scene(settings)
        scene.event("2026-03-01", task: "work")
        scene.event("2026-03-01", task: "later")
        #expect(try scene.number(.events(.all, .days(7))) == 1)
    }
}
