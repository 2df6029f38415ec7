import Server
import Testing

@testable import tenured

@Suite("Which listeners there are")
struct ListenersTests {
    private let places = Places(.init(runDirectory: "/r"), Configuration(), environment: [:])

    private func endpoints(_ configuration: Configuration) throws -> [String] {
        try Listeners(configuration, places, inherited: []).all.map { "\($0.role.rawValue) \($0.endpoint)" }
    }

    @Test("two socket files, and TCP where it is asked for")
    func own() throws {
        #expect(try endpoints(Configuration()) == ["ingest /r/ingest.sock", "http /r/http.sock"])
        var configuration = Configuration()
        configuration.ingestTCP = .tcp(host: "::1", port: 8094)
        #expect(try endpoints(configuration).contains("ingest_tcp [::1]:8094"))
    }
}
