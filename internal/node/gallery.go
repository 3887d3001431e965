package node

import (
	"log/slog"
	"slices"

	"tongban/internal/face/apply"
	"tongban/internal/face/board"
	"tongban/internal/face/desk"
	"tongban/internal/face/entrance"
	inquiryface "tongban/internal/face/inquiry"
	"tongban/internal/face/org"
	"tongban/internal/face/originals"
	"tongban/internal/face/oversight"
	"tongban/internal/face/pay"
	presentface "tongban/internal/face/present"
	"tongban/internal/face/rate"
	"tongban/internal/face/register"
	"tongban/internal/face/sharing"
	"tongban/internal/face/steward"
	"tongban/internal/face/systems"
	"tongban/internal/face/visit"
	"tongban/internal/face/wallet"
	"tongban/internal/page"
)

// Gallery is a site that shows every page of every face in every state, with made-up data, and the list of them. It needs no
// store, reaches nobody, and says the same every day.
func Gallery(log *slog.Logger) (*page.Site, []page.State, error) {
	return entrance.Gallery(log, slices.Concat(
		apply.States(), pay.States(), visit.States(), rate.States(), wallet.States(), org.States(), board.States(),
		desk.States(), inquiryface.States(), originals.States(), register.States(), oversight.States(), sharing.States(), presentface.States(), steward.States(), systems.States(),
	)...)
}
