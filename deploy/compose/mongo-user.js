// Run once, by the image, in an empty data directory.
db.getSiblingDB("masterx_quantum").createUser({
  user: "masterx",
  pwd: process.env.MONGO_MASTERX_PASSWORD,
  roles: [{ role: "readWrite", db: "masterx_quantum" }],
});
