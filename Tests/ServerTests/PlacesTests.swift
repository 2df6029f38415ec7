import Testing

@testable import tenured

@Suite("Where the daemon keeps things")
struct PlacesTests {
    private func places(
        _ options: Places.Options = .init(), _ configuration: Configuration = .init(),
        environment: [String: String] = [:], existing: [String] = []
    ) -> Places {
        Places(options, configuration, environment: environment) { existing.contains($0) }
    }

    @Test("an ordinary user gets a directory here, with the sockets in it and the built-in rules")
    func ordinary() {
        let places = places()
        #expect(places.stateDirectory == "./tenure-data")
        #expect(places.ingestSocket == "./tenure-data/run/ingest.sock")
        #expect(places.httpSocket == "./tenure-data/run/http.sock")
        #expect(places.rulesFile == nil)
    }

    @Test("an XDG state directory is used where there is one")
    func xdg() {
        #expect(places(environment: ["XDG_STATE_HOME": "/home/u/.state"]).stateDirectory == "/home/u/.state/tenure")
        #expect(places(environment: ["XDG_STATE_HOME": ""]).stateDirectory == "./tenure-data")
    }

    private let systemd = [
        "STATE_DIRECTORY": "/var/lib/tenured:/var/lib/other", "RUNTIME_DIRECTORY": "/run/tenured",
        "CONFIGURATION_DIRECTORY": "/etc/tenured", "XDG_STATE_HOME": "/root/.state",
    ]

    @Test("under systemd the directories of the service are used, and its files where they exist")
    func underSystemd() {
        let places = places(environment: systemd, existing: ["/etc/tenured/rules.yaml"])
        #expect(places.stateDirectory == "/var/lib/tenured")
        #expect(places.runDirectory == "/run/tenured")
        #expect(places.rulesFile == "/etc/tenured/rules.yaml")
        #expect(self.places(environment: systemd).rulesFile == nil)
        let file = { (existing: [String]) in
            Places.configurationFile(.init(), environment: systemd) { existing.contains($0) }
        }
        #expect(file(["/etc/tenured/tenured.yaml"]) == "/etc/tenured/tenured.yaml")
        #expect(file([]) == nil)
    }

    @Test("the command line goes before the configuration file, and that before the environment")
    func precedence() {
        var configuration = Configuration()
        configuration.stateDirectory = "/configured/state"
        configuration.runDirectory = "/configured/run"
        configuration.rulesFile = "/configured/rules"
        let configured = places(.init(), configuration, environment: systemd)
        #expect(configured.stateDirectory == "/configured/state")
        #expect(configured.runDirectory == "/configured/run")
        #expect(configured.rulesFile == "/configured/rules")
        let options = Places.Options(stateDirectory: "s", runDirectory: "r", rulesFile: "f")
        let named = places(options, configuration, environment: systemd)
        #expect([named.stateDirectory, named.runDirectory, named.rulesFile] == ["s", "r", "f"])
    }

    @Test(
        "zones come from tzdata and from nowhere else", arguments: ["../zoneinfo/UTC", "/etc/passwd", "", "a//b", "."])
    func zoneNames(name: String) {
        #expect(ZoneFiles.data(name) == nil)
    }
}
