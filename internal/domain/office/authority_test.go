package office_test

import (
	"testing"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// The whole table is tried: every role and every act, and acts that nobody wrote down.
func TestWhatIsNotInTheTableIsRefused(t *testing.T) {
	seen := map[office.Act]bool{}
	for _, r := range office.Table {
		if seen[r.Act] {
			t.Errorf("%s stands twice", r.Act)
		}
		seen[r.Act] = true
		for _, role := range office.Roles() {
			o := office.Officer{ID: "o", Office: "HERE", Roles: []office.Role{role}}
			listed := office.Officer{Roles: r.Roles}.Has(role)
			err := o.May(r.Act, office.Matter{Offices: []string{"HERE"}})
			if listed && err != nil || !listed && !errs.Is(err, errs.NotYours) {
				t.Errorf("%s by %s: %v", r.Act, role, err)
			}
		}
	}
	all := office.Officer{ID: "o", Office: "HERE", Roles: office.Roles()}
	for _, act := range []office.Act{"", "unheard-of", "Decide", "receive", "deem-accept"} {
		if err := all.May(act, office.Matter{Offices: []string{"HERE"}}); !errs.Is(err, errs.NotYours) {
			t.Errorf("%q by somebody with every role: %v", act, err)
		}
	}
	if err := (office.Officer{Office: "HERE"}).May(office.SeeQueue, office.Matter{}); !errs.Is(err, errs.NotYours) {
		t.Errorf("somebody without a role: %v", err)
	}
}

// Those who keep the machine, the catalogue or the figures never see a case.
func TestWhoHandlesNoCaseSeesNone(t *testing.T) {
	for _, role := range []office.Role{office.Steward, office.Supervisor, office.Operator} {
		for _, act := range []office.Act{office.SeeQueue, office.FindCase, office.SeeCase, office.SeePaper, "decide", "lodge"} {
			if office.Ever([]office.Role{role}, act) {
				t.Errorf("%s may %s", role, act)
			}
		}
	}
}
