package office

import (
	"slices"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

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
	System     Role = "system"     // 部门业务系统: no person; acts for staff of its office that its answer names
)

// Roles lists all roles in the order a person would read them.
func Roles() []Role {
	return []Role{Window, Reviewer, Decider, Lead, Steward, Supervisor, Operator, System}
}

// Officer is a person who acts for an office.
type Officer struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Office string  `json:"office"` // Office.Code
	Roles  []Role  `json:"roles"`
	Remit  Remit   `json:"remit,omitzero"`
	Leave  []Leave `json:"leave,omitempty"`
}

// Remit narrows an officer's work. Empty lists narrow nothing.
type Remit struct {
	Items  []string      `json:"items,omitempty"`  // by code
	Places []region.Code `json:"places,omitempty"` // with all that lies in them
}

// Covers reports whether a case of the item, decided for the place, is within the remit.
func (r Remit) Covers(item string, place region.Code) bool {
	return (len(r.Items) == 0 || slices.Contains(r.Items, item)) &&
		(len(r.Places) == 0 || slices.ContainsFunc(r.Places, func(p region.Code) bool { return place.Within(p) }))
}

// Leave is an absence, both days included. Whoever is away signs in and does nothing; others of the office do the work.
type Leave struct {
	From  workday.Date `json:"from" toml:"from"`
	Until workday.Date `json:"until" toml:"until"`
}

// OnDuty reports whether the officer is there on a day.
func (o Officer) OnDuty(on workday.Date) bool {
	return !slices.ContainsFunc(o.Leave, func(l Leave) bool { return !on.Before(l.From) && !on.After(l.Until) })
}

// Has reports whether the officer holds one of the roles.
func (o Officer) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(o.Roles, r) })
}
