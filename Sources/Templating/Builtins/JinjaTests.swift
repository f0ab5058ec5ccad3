enum JinjaTests { static let all: [Test] = [] }
