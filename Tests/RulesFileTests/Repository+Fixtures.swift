import Foundation
import TestSupport

extension Repository {
    static let fixtures = root.appending(path: "Tests/RulesFileTests/Fixtures")
}
