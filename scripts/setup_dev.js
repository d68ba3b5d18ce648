// For mongosh, from setup_dev.sh: a replica set of one node, and a user who may read and write one database.
const { MASTERX_MONGODB_DATABASE, MASTERX_MONGODB_HOST, MASTERX_MONGODB_PASSWORD, MASTERX_MONGODB_SET, MASTERX_MONGODB_USER } =
  process.env;

try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: MASTERX_MONGODB_SET, members: [{ _id: 0, host: MASTERX_MONGODB_HOST }] });
}
while (!db.hello().isWritablePrimary) sleep(200);

const store = db.getSiblingDB(MASTERX_MONGODB_DATABASE);
const account = { pwd: MASTERX_MONGODB_PASSWORD, roles: [{ role: "readWrite", db: MASTERX_MONGODB_DATABASE }] };
if (store.getUser(MASTERX_MONGODB_USER)) store.updateUser(MASTERX_MONGODB_USER, account);
else store.createUser({ user: MASTERX_MONGODB_USER, ...account });
print(`user ${MASTERX_MONGODB_USER} may read and write ${MASTERX_MONGODB_DATABASE}`);
