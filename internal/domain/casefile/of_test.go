package casefile

import (
	"testing"

	"tongban/internal/domain/party"
)

// A case is told to whose it is, and to nobody who shares a name or acts for the same company.
func TestWhoseACaseIs(t *testing.T) {
	tong := party.Person{Name: "佟工程", IDType: party.ResidentID, IDNo: "230102198008080015"}
	lin := party.Person{Name: "佟工程", IDType: party.ResidentID, IDNo: "350102199502020044"}
	firm := party.Org{Name: "哈尔滨演示建筑有限公司", USCC: "91230100MA7DEM0245"}
	other := party.Org{Name: firm.Name, USCC: "91630100MA00000151"}
	own := Case{Private: Private{Applicant: tong}}
	units := Case{Private: Private{Applicant: tong, Org: &firm, Acting: &party.Acting{}}}
	for name, tried := range map[string]struct {
		c    Case
		who  party.Person
		unit *party.Org
		want bool
	}{
		"own":                               {own, tong, nil, true},
		"another person's":                  {own, lin, nil, false},
		"own, asked for in the unit's name": {own, tong, &firm, false},
		"the unit's":                        {units, lin, &firm, true},
		"the unit's, asked for oneself":     {units, tong, nil, false},
		"another unit's with the same name": {units, tong, &other, false},
	} {
		if got := tried.c.Of(tried.who, tried.unit); got != tried.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
