package casefile

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// The law of a leg and the table of authority name the same roles for the same acts: neither can be changed alone.
func TestAuthorityAgreesWithTheLaw(t *testing.T) {
	law := map[office.Act][]office.Role{"lodge": {office.Window}, "withdraw": {office.Window}} // lodging opens the first leg; a window takes the wish to withdraw
	for _, m := range moves {
		if m.role != "" && !slices.Contains(law[office.Act(m.act)], m.role) {
			law[office.Act(m.act)] = append(law[office.Act(m.act)], m.role)
		}
	}
	for _, act := range bySystem {
		law[office.Act(act)] = append(law[office.Act(act)], office.System)
	}
	for act, roles := range law {
		r, ok := office.RuleOf(act)
		got := slices.Clone(r.Roles)
		slices.Sort(got)
		slices.Sort(roles)
		if !ok || !slices.Equal(got, roles) {
			t.Errorf("%s: the table says %v, the law %v", act, got, roles)
		}
	}
}

// An officer with the role is refused for what stands beside it.
func TestConditionsOfAnAct(t *testing.T) {
	at := monday.Add(time.Minute)
	today := workday.DateOf(at)
	for name, tt := range map[string]struct {
		officer func(a *Actor)
		c       func(c *Case)
		two     bool
		want    errs.Code
	}{
		"nothing stands against it":     {},
		"the matter is another's":       {officer: func(a *Actor) { a.Remit.Items = []string{"2020-001"} }, want: errs.OutOfRemit},
		"the matter is theirs":          {officer: func(a *Actor) { a.Remit.Items = []string{"2020-030"} }},
		"the place is another's":        {officer: func(a *Actor) { a.Remit.Places = append(a.Remit.Places, "632800000000") }, want: errs.OutOfRemit},
		"the place is theirs":           {officer: func(a *Actor) { a.Remit.Places = append(a.Remit.Places, "630000000000") }},
		"on leave":                      {officer: func(a *Actor) { a.Leave = []office.Leave{{From: today, Until: today}} }, want: errs.OfficerAway},
		"back from leave":               {officer: func(a *Actor) { a.Leave = []office.Leave{{From: today.AddDays(-9), Until: today.AddDays(-1)}} }},
		"an interest declared":          {c: func(c *Case) { c.Recused = []string{"x", "o"} }, want: errs.Recused},
		"another's interest":            {c: func(c *Case) { c.Recused = []string{"x"} }},
		"checked it, and one will do":   {c: func(c *Case) { c.Checked = []string{"o"} }},
		"checked it, and two must":      {c: func(c *Case) { c.Checked = []string{"o"} }, two: true, want: errs.SamePerson},
		"another checked, and two must": {c: func(c *Case) { c.Checked = []string{"x"} }, two: true},
	} {
		t.Run(name, func(t *testing.T) {
			by := Actor{ID: "o", Office: "HERE", Node: north, Roles: []office.Role{office.Decider}}
			c := oneLeg(item.Decide, Accepted)
			c.Item, c.There = "2020-030", "630100000000"
			law := Law{Version: item.Version{Assurance: item.Assurance{TwoPersons: tt.two}}}
			if tt.officer != nil {
				tt.officer(&by)
			}
			if tt.c != nil {
				tt.c(&c)
			}
			_, _, err := Decide(c, north, by, law, Decision{Outcome: Granted}, at)
			if tt.want == 0 && err != nil || tt.want != 0 && !errs.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want.Name())
			}
		})
	}
}

func TestRecusing(t *testing.T) {
	by := Actor{ID: "o", Office: "HERE", Node: north, Roles: []office.Role{office.Reviewer}}
	c := oneLeg(item.Decide, Received)
	c.Claimed = "o"
	after, err := Recuse(c, by, monday)
	if err != nil || after.Claimed != "" || len(c.Recused) != 0 {
		t.Fatalf("claimed by %q, input changed to %v: %v", after.Claimed, c.Recused, err)
	}
	if _, _, err := Review(after, north, by, nil, monday.Add(time.Minute)); !errs.Is(err, errs.Recused) {
		t.Errorf("reviewed all the same: %v", err)
	}
	by.Office = "ELSEWHERE"
	if _, err := Recuse(c, by, monday); !errs.Is(err, errs.CaseElsewhere) {
		t.Errorf("another office's case: %v", err)
	}
}
