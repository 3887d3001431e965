package page

// TileAt is column and row of a place, by its two digits: roughly where it lies, one equal square each, no boundary. False for a
// place that is in no drawing.
func TileAt(place string) (col, row int, ok bool) {
	at, ok := tiles[place]
	return at[0], at[1], ok
}

var tiles = map[string][2]int{
	"23": {8, 0}, "15": {5, 1}, "22": {8, 1}, "66": {0, 2}, "65": {1, 2}, "62": {3, 2}, "64": {4, 2}, "11": {6, 2},
	"12": {7, 2}, "21": {8, 2}, "63": {2, 3}, "61": {4, 3}, "14": {5, 3}, "13": {6, 3}, "37": {7, 3}, "54": {1, 4},
	"51": {3, 4}, "50": {4, 4}, "41": {5, 4}, "34": {6, 4}, "32": {7, 4}, "52": {4, 5}, "42": {5, 5}, "36": {6, 5},
	"33": {7, 5}, "31": {8, 5}, "53": {3, 6}, "45": {4, 6}, "43": {5, 6}, "44": {6, 6}, "35": {7, 6}, "71": {8, 6},
	"46": {4, 7}, "82": {5, 7}, "81": {6, 7},
}
