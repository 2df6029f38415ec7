/// The words that simulated lines are made of, as bytes, since they are only ever copied.
struct Vocabulary: Sendable {
    static let shared = Vocabulary()

    let companyHeads = bytes(
        "amber arbor atlas beacon birch blue bright cedar cinder clear cobalt coral crest delta ember fair fern flint granite"
            + " harbor hazel iron juniper lark linden maple meadow north oak onyx opal pine quartz river silver slate sterling"
            + " summit tidal willow")
    let companyTails = bytes(
        "analytics bank bridge care cargo chain clinic craft dynamics energy field foods forge foundry freight gate grid"
            + " health house labs legal lines logic market media mills motors networks optics partners post press rail"
            + " robotics school studio systems tools travel works")
    let firstNames = bytes(
        "ada aisha alan amir ana anton bea ben carla chen clara david dina elena emil erik fatima felix gita hana hugo ines"
            + " ivan jana jonas kofi lara leo lina marco mei milan nadia nils olga omar paul rosa sven yuki")
    let lastNames = bytes(
        "abe adler bauer becker berg costa cruz diaz eng farah fischer garcia haas hansen ito jansen kaya keller kim kumar"
            + " lang lee lopez meyer moreau nagy novak okafor olsen park patel rossi ruiz sato silva stone tanaka vogel weber"
            + " young")
    let roles = bytes("admin manager analyst engineer sales")
    /// Who looks after customers on our side.
    let managers = bytes("mara tobias ines rahul greta sam")
    let channels = bytes("call mail meeting")
    let units = bytes("EUR USD")
    let sources = bytes("web app api")
    /// Tasks by index; what people buy the product for comes first (`Tasks.core`).
    let tasks = bytes(
        "report.exported invoice.sent app.opened dashboard.viewed report.created invoice.drafted contact.added"
            + " comment.written file.uploaded search.run filter.saved team.invited settings.changed help.read sync.nightly"
    )

    private static func bytes(_ words: String) -> [[UInt8]] {
        words.split(separator: " ").map { Array($0.utf8) }
    }
}

/// Places in `Vocabulary.tasks`.
enum Tasks {
    static let reportExported: UInt8 = 0
    static let invoiceSent: UInt8 = 1
    static let opened: UInt8 = 2
    static let nightly: UInt8 = 14
    /// What a company's people may do besides the core tasks.
    static let ordinary: Range<UInt8> = 3..<14
}

/// Where simulated companies live. Clock changes are left out: people who come an hour later in
/// summer are lifelike enough, and the generator needs no zone data. No place lies further east or
/// west than `Population` allows for.
struct Place: Sendable {
    let zone: StaticString
    /// Minutes east of UTC.
    let offsetMinutes: Int64

    static let all = [
        Place(zone: "Europe/Berlin", offsetMinutes: 60), Place(zone: "America/New_York", offsetMinutes: -300),
        Place(zone: "Europe/London", offsetMinutes: 0), Place(zone: "America/Los_Angeles", offsetMinutes: -480),
        Place(zone: "Asia/Tokyo", offsetMinutes: 540), Place(zone: "Asia/Kolkata", offsetMinutes: 330),
        Place(zone: "Australia/Sydney", offsetMinutes: 600), Place(zone: "America/Sao_Paulo", offsetMinutes: -180),
    ]
}
