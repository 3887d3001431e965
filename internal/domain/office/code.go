package office

import "strings"

const (
	creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // GB 32100-2015: no I, O, S, V, Z
	creditSize     = 18
	orgBegin       = 8 // the 主体标识码 (GB 11714) inside
	orgEnd         = 17
)

var (
	creditWeights = [creditSize - 1]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	orgWeights    = [orgEnd - orgBegin - 1]int{3, 7, 9, 10, 5, 8, 4, 2}
)

// CodeValid reports whether s is a 统一社会信用代码 with both its check characters right: its own (GB 32100-2015) and that
// of the organisation code inside (GB 11714-1997).
func CodeValid(s string) bool {
	if len(s) != creditSize {
		return false
	}
	sum := 0
	for i, w := range creditWeights {
		v := strings.IndexByte(creditAlphabet, s[i])
		if v < 0 {
			return false
		}
		sum += v * w
	}
	return s[creditSize-1] == creditAlphabet[(31-sum%31)%31] && orgValid(s[orgBegin:orgEnd])
}

func orgValid(s string) bool {
	sum := 0
	for i, w := range orgWeights {
		v := int(s[i] - '0')
		if s[i] >= 'A' {
			v = int(s[i]-'A') + 10
		}
		sum += v * w
	}
	return s[len(s)-1] == "0X987654321"[sum%11]
}
