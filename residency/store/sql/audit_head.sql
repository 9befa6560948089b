SELECT seq, hash FROM audit_head WHERE chain = 1
