package auth

// Role says what a person may do.
type Role string

// The roles, from the highest rank to the lowest; students and syndics have the same rank.
const (
	RoleAdmin        Role = "admin"
	RoleSuperstudent Role = "superstudent"
	RoleStudent      Role = "student"
	RoleSyndic       Role = "syndic"
	RoleNone         Role = "none"
)

// Roles returns every role, from the highest rank to the lowest.
func Roles() []Role {
	return []Role{RoleAdmin, RoleSuperstudent, RoleStudent, RoleSyndic, RoleNone}
}

// Rank is 1 for the highest rank. A role that does not exist has the lowest.
func (r Role) Rank() int {
	switch r {
	case RoleAdmin:
		return 1
	case RoleSuperstudent:
		return 2
	case RoleStudent, RoleSyndic:
		return 3
	default:
		return 4
	}
}

// IsOffice reports whether the role belongs to the office: admin and superstudent.
func (r Role) IsOffice() bool { return r == RoleAdmin || r == RoleSuperstudent }

// MayActOn reports whether a person of this role may change a person of the other role: only a lower rank.
func (r Role) MayActOn(other Role) bool { return r.Rank() < other.Rank() }

// MayGive reports whether a person of this role may give the other role: none above their own.
func (r Role) MayGive(other Role) bool { return r.Rank() <= other.Rank() }
