-- SPDX-License-Identifier: EUPL-1.2
-- What each binding has counted, kept by triggers, so that showing an item adds up no hours.
ALTER TABLE binding ADD COLUMN active_s INTEGER NOT NULL DEFAULT 0;
UPDATE binding SET active_s =
	coalesce((SELECT sum(s.active_s) FROM usage_slice s WHERE s.binding_id = binding.id), 0);
CREATE TRIGGER usage_slice_added AFTER INSERT ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s + NEW.active_s WHERE id = NEW.binding_id;
END;
CREATE TRIGGER usage_slice_changed AFTER UPDATE OF active_s ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s + NEW.active_s - OLD.active_s WHERE id = NEW.binding_id;
END;
CREATE TRIGGER usage_slice_removed AFTER DELETE ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s - OLD.active_s WHERE id = OLD.binding_id;
END;
