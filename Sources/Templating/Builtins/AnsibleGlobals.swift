enum AnsibleGlobals { static let all: [Global] = [] }
