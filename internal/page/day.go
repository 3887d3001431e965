package page

import (
	"tongban/internal/kernel/workday"
	"tongban/internal/page/text"
)

// ShortDay writes a date as it stands in a short message: six characters at most.
func ShortDay(d workday.Date, lang string) string {
	return text.T(lang, "notice.day", int(d.Month()), d.Day(), d.Month().String()[:3])
}
