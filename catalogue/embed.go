// Package catalogue carries the data that the rules of tongban are made of (regions, working days, surnames, items,
// documents, offices) inside the binary. Each row keeps its source; a newer signed bundle can stand in for FS at run time.
package catalogue

import "embed"

// FS holds every file of this folder and its sub-folders, by its path below catalogue/.
// The patterns are stars so that a new file or folder of data is carried without touching these lines.
//
//go:embed *.tsv */*
var FS embed.FS
