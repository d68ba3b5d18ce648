// The lesson beside the first run.

import { drawRecorded } from "./answer.js";
import { loadFormulas } from "./formulas.js";

await loadFormulas();
drawRecorded(document);
