package office

import "slices"

// Role is what an officer may do at the own office. Roles never travel between nodes.
type Role string

// The roles.
const (
	Window     Role = "window"     // 窗口: receives, prints, hands over
	Reviewer   Role = "reviewer"   // 审核: checks and proposes
	Decider    Role = "decider"    // 决定: decides in the office's name
	Lead       Role = "lead"       // 科室负责人: allots work, approves extensions
	Steward    Role = "steward"    // 目录管理: keeps items, texts and offices
	Supervisor Role = "supervisor" // 监督: sees figures and logs, decides nothing
	Operator   Role = "operator"   // 运维: keys and health, sees no cases
)

// Roles lists all roles in the order a person would read them.
func Roles() []Role { return []Role{Window, Reviewer, Decider, Lead, Steward, Supervisor, Operator} }

// Officer is a person who acts for an office.
type Officer struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Office string `json:"office"` // Office.Code
	Roles  []Role `json:"roles"`
}

// Has reports whether the officer holds one of the roles.
func (o Officer) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(o.Roles, r) })
}
