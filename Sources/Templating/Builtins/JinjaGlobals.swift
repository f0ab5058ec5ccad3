enum JinjaGlobals { static let all: [Global] = [] }
