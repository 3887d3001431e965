package sharing

import (
	_ "embed"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/domain/resource"
	"tongban/internal/kernel/workday"
)

//go:embed clocks.toml
var clocksFile string

// Clocks are how long an office may take, in working days.
type Clocks struct {
	Unconditional int    `toml:"unconditional"` // to reply to a request for data that is shared without conditions
	Conditional   int    `toml:"conditional"`   // with conditions
	Delivered     int    `toml:"delivered"`     // to give what was agreed, from the yes on
	Verify        int    `toml:"verify"`        // to verify, correct and answer an objection to a value; no extension
	Basis         string `toml:"basis"`
}

// DefaultClocks are the built-in ones; the file is part of the binary and read by the tests.
var DefaultClocks = sync.OnceValue(func() Clocks {
	var c Clocks
	if _, err := toml.Decode(clocksFile, &c); err != nil {
		panic(err)
	}
	return c
})

// VerifyBy is the last day to answer an objection that came on a day (第26条).
func (c Clocks) VerifyBy(cal *workday.Calendar, came workday.Date) workday.Date {
	by, _ := cal.Due(came, workday.Limit{N: c.Verify, Unit: workday.WorkingDays})
	return by
}

// ReplyBy is the last day to reply to a proposal that came on a day, for the most demanding of the attributes asked for. The day
// is provisional when it reaches into a year without a published calendar.
func (c Clocks) ReplyBy(cal *workday.Calendar, came workday.Date, attributes []resource.Attribute) (by workday.Date, provisional bool) {
	n := c.Unconditional
	for _, a := range attributes {
		if a != resource.Unconditional {
			n = c.Conditional
		}
	}
	return cal.Due(came, workday.Limit{N: n, Unit: workday.WorkingDays})
}
