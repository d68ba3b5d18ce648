// A page of panels: the side bar, its menu, dialogs and single keys.

import { startCopying } from "./copying.js";
import { startFrame } from "./frame.js";
import { startPreferences } from "./preferences.js";
import { startSessions } from "./sessions.js";
import { startSignInAgain } from "./sign_in_again.js";

if (!document.querySelector("[data-preferences]")) startPreferences();
startSessions();
startSignInAgain();
startFrame();
startCopying();
