// Package office holds who acts: the nodes of the federation with the keys the trust list gives them, the offices that
// receive and decide, and their officers. A node is a province (two digits of GB/T 2260), the Corps 兵团 ("66"), the hub
// or the identity provider.
package office

import (
	"bufio"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// NodeID names a node: "23", "66", Hub or IDP.
type NodeID string

// The two nodes that are not members.
const (
	Hub NodeID = "hub"
	IDP NodeID = "idp"
)

// Member reports whether id can be a province or the Corps: those hold cases and sign the trust list.
func (id NodeID) Member() bool {
	return len(id) == 2 && id[0] >= '1' && id[0] <= '9' && id[1] >= '0' && id[1] <= '9'
}

// Known reports whether id has the form of any node.
func (id NodeID) Known() bool { return id == Hub || id == IDP || id.Member() }

// Office is an authority or a hall that receives or decides.
type Office struct {
	Code       string      `json:"code"` // 统一社会信用代码 (GB 32100-2015)
	Name       string      `json:"name"`
	NameEn     string      `json:"name_en"`
	Region     region.Code `json:"region"`
	Node       NodeID      `json:"node"`
	Phone      string      `json:"phone"`
	Provenance string      `json:"provenance"` // where the row comes from; Demo for made-up ones
}

// Demo marks a made-up office.
const Demo = "demo"

// File is where the catalogue keeps the offices.
const File = "offices.tsv"

var columns = []string{"code", "name", "name_en", "region", "node", "phone", "provenance"}

// Load reads File from the catalogue. Codes must have their check characters, stand once, and lie at their region's node;
// errs.BadCatalogue names the line that is wrong.
func Load(fsys fs.FS) ([]Office, error) {
	f, err := fsys.Open(File)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "offices")
	}
	defer f.Close() //nolint:errcheck // read only
	var out []Office
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if n == 1 {
			if !slices.Equal(cells, columns) {
				return nil, errs.New(errs.BadCatalogue, "%s: columns %q", File, cells)
			}
			continue
		}
		o, err := parseRow(cells)
		if err != nil {
			return nil, errs.Wrap(errs.BadCatalogue, err, "%s line %d", File, n)
		}
		if seen[o.Code] {
			return nil, errs.New(errs.BadCatalogue, "%s line %d: %s stands twice", File, n, o.Code)
		}
		seen[o.Code] = true
		out = append(out, o)
	}
	if err := lines.Err(); err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	return out, nil
}

func parseRow(cells []string) (Office, error) {
	if len(cells) != len(columns) {
		return Office{}, fmt.Errorf("%d cells, want %d", len(cells), len(columns))
	}
	code, err := region.Parse(cells[3])
	if err != nil {
		return Office{}, err
	}
	o := Office{
		Code: cells[0], Name: cells[1], NameEn: cells[2], Region: code, Node: NodeID(cells[4]), Phone: cells[5], Provenance: cells[6],
	}
	switch {
	case !CodeValid(o.Code):
		return Office{}, fmt.Errorf("%s is no unified social credit code", o.Code)
	case o.Name == "" || o.NameEn == "" || o.Provenance == "":
		return Office{}, fmt.Errorf("%s lacks a name or its provenance", o.Code)
	case !o.Node.Member():
		return Office{}, fmt.Errorf("node %q holds no offices", o.Node)
	case o.Node != corps && code.Province() != string(o.Node):
		return Office{}, fmt.Errorf("region %s is not at node %s", code, o.Node)
	}
	return o, nil
}

// corps is the Corps's node: its offices lie in regions of Xinjiang (65…).
const corps NodeID = "66"
