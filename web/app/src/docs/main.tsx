import { render } from "preact";
import "../styles/docs.css";
import { DocsPage } from "./DocsPage.js";

const root = document.getElementById("app");
if (root) render(<DocsPage />, root);
