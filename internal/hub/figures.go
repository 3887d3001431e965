package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"tongban/internal/adapter/pdf"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/face/board"
	"tongban/internal/handling/count"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// figureShelf keeps the newest statement of each node and month as a file NODE-MONTH.json.
type figureShelf string

var _ count.Shelf = figureShelf("")

func (h *Hub) openFigures() error {
	shelf := figureShelf(filepath.Join(h.cfg.Dir, "figures"))
	if err := os.MkdirAll(string(shelf), 0o700); err != nil {
		return err
	}
	h.Figures = &count.Collector{Trust: h.Trust.List, Now: h.cfg.Now, Book: figure.Default(), Shelf: shelf}
	if err := h.Figures.Open(); err != nil {
		return err
	}
	return h.openBulletins()
}

// Board is what the public figures of all members are made from; frame and regions are those of the site.
func (h *Hub) Board(frame func(*http.Request) page.Frame, regions *region.Table) board.Config {
	return board.Config{
		Source: h.Figures, Book: figure.Default(), Catalogue: h.Rules.Kit.Catalogue, Regions: regions, Now: h.cfg.Now, Frame: frame, Nodes: h.members,
		Bulletins: h.issued, Objections: h.Contests.Objections, PDF: pdf.Document, PublicURL: h.cfg.Address,
	}
}

// members are the provinces of the trust list, by code.
func (h *Hub) members() []office.NodeID {
	var out []office.NodeID
	for _, n := range h.Trust.List().Nodes {
		if n.ID.Member() {
			out = append(out, n.ID)
		}
	}
	slices.Sort(out)
	return out
}

// Keep writes one durably, whole or not at all.
func (s figureShelf) Keep(node office.NodeID, month int, signed proof.Signed) error {
	body, err := proof.Marshal(signed)
	if err != nil {
		return err
	}
	return Folder(s).SetSetting(context.Background(), fmt.Sprintf("%s-%d", node, month), body)
}

// All reads every statement.
func (s figureShelf) All() ([]proof.Signed, error) {
	files, err := filepath.Glob(filepath.Join(string(s), "*-*.json"))
	if err != nil {
		return nil, err
	}
	var out []proof.Signed
	for _, f := range files {
		b, err := os.ReadFile(f) //nolint:gosec // a folder of ours
		var signed proof.Signed
		if err != nil || json.Unmarshal(b, &signed) != nil {
			return nil, errs.New(errs.CorruptRow, "%s", filepath.Base(f))
		}
		out = append(out, signed)
	}
	return out, nil
}
