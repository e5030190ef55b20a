package oversight

// Order is for the test of the order.
var Order = order
